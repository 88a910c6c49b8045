"""What a referral rests on, for evidence with content: the records behind the commitments that its messages name.

| record | who may see it |
| --- | --- |
| the terms of a consent | who may consult the class `consent` |
| an exception (note 38): why, and who attests it | the same |
| one about a mind: attested, or for a reason that needs it | and raises exceptions, or may consult the risk |

After erasure there is no record any more, and nothing is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.domain.access import MAY, Act
from relevo.domain.data_classes import DataClass
from relevo.domain.exception import needs_attestation
from relevo.messages.exception import exception_from_record
from relevo.protocol.basis import Basis, kind_of
from relevo.protocol.evidence_items import BookBasis
from relevo.storage import bases
from relevo.storage.tables import OutboxRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

_MIND = frozenset({DataClass.CONSENT, DataClass.MENTAL_HEALTH_RISK})


def classes_of(session: Session, row: ReferralRow) -> frozenset[str]:
    """The data classes of which the records behind a referral say something."""
    return frozenset().union(*(_needed(one) for one in _records(session, row)))


def shown(work: UnitOfWork, row: ReferralRow, readable: Collection[str]) -> Iterator[BookBasis]:
    """The records that the user may see, who may read these classes, each once."""
    known = _MIND if DataClass.CONSENT in readable and work.user.role in MAY[Act.RAISE_EXCEPTION] else frozenset()
    for one in _records(work.session, row):
        if _needed(one) <= known | frozenset(readable):
            yield BookBasis(record=one.record, salt=one.salt)


def _records(session: Session, row: ReferralRow) -> list[Basis]:
    """Each record under which a message of the referral was ever written, as far as it is still here."""
    if row.basis_record is None or row.basis_salt is None:
        return []
    mine = (OutboxRow.peer == row.peer, OutboxRow.thread == row.thread, OutboxRow.basis_record.is_not(None))
    sent = session.scalars(select(OutboxRow.basis_record).where(*mine).order_by(OutboxRow.jti))
    found = [row.basis_record, *(one.record for one in bases.of(session, row)), *sent]
    kind = kind_of(row.basis)
    return [Basis(kind=kind, record=one, salt=row.basis_salt) for one in dict.fromkeys(found) if one is not None]


def _needed(basis: Basis) -> frozenset[str]:
    if basis.kind == "consent":
        return frozenset({DataClass.CONSENT})
    terms = exception_from_record(basis.record)
    is_about_mind = terms.attestation is not None or needs_attestation(terms.reason, terms.classes)
    return _MIND if is_about_mind else frozenset({DataClass.CONSENT})
