"""What the origin finds out itself stands beside what the host stated; neither overwrites the other.

The next assessment of a class comes after the one before, not over it; one that was wrong is struck
(`origin_node.striking`). Assessments never travel by themselves; what may return goes with a report.
Source: Reintegration Handbook, 4.1.3 (the complete record); reassessment after arrival.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from origin_node import reports
from origin_node.tables_record import AssessedRow
from origin_node.taking import entitled
from relevo.delivery import consent_changes
from relevo.delivery.looking import entering, sop_of
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.domain.referral import Status
from relevo.errors import BadInput, Conflict
from relevo.messages.content import Fields
from relevo.protocol.strict_json import JsonValue
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

_GONE = frozenset({Status.WITHDRAWN, Status.ERASED})


class DataErased(Conflict):
    """The person withdrew; nothing about them is written down any more."""

    code = "data-erased"
    rule = "consent.erased-stays-erased"
    advice = "Write nothing down. If the person comes again, the host sends a new referral under a new consent."


class TakenBack(Conflict):
    """The person no longer lets this part of them be known here."""

    code = "class-taken-back"
    advice = "Write nothing down of it. If the person agrees to it again, the host records that and tells you."


def reassess(work: UnitOfWork, thread: str, found: Fields) -> list[AssessedRow]:
    """Write down classes as somebody here found them.

    Args:
        work: the transaction.
        thread: the referral.
        found: data class -> its fields.

    Raises:
        NotYours: if the role may not enter one of the classes.
        ClassInvalid: naming every field that does not fit.
        DataErased: after a withdrawal.
        TakenBack: for a class that the person agreed to once, and no longer does.
    """
    row = entitled(work, thread, Act.REASSESS)
    if row.status in _GONE:
        raise DataErased
    if not found or DataClass.CONSENT in found:
        raise BadInput("name at least one data class; a consent is recorded, not assessed", field="class")
    closed = [name for name in sorted(found) if consent_changes.took_back(work, row, name)]
    if closed:
        raise TakenBack(f"taken back: {', '.join(closed)}", field="class")
    entering(work, sop_of(work, row), found)
    checked = reports.checked(found)
    rows = [_assessed(work, row, name, checked[name]) for name in sorted(checked)]
    work.session.add_all(rows)
    work.session.flush()
    return rows


def assessed(session: Session, row: ReferralRow) -> Sequence[AssessedRow]:
    """The assessments of a referral, oldest first."""
    mine = (AssessedRow.peer == row.peer, AssessedRow.thread == row.thread)
    return session.scalars(select(AssessedRow).where(*mine).order_by(AssessedRow.id)).all()


def _assessed(work: UnitOfWork, row: ReferralRow, name: str, fields: JsonValue) -> AssessedRow:
    return AssessedRow(
        peer=row.peer,
        thread=row.thread,
        data_class=name,
        fields=fields if isinstance(fields, dict) else {},
        at=work.at,
        assessed_by=work.user.name,
        organisation=work.user.organisation,
    )
