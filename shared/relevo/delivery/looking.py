"""Looking at what is known of a person: what a role may not consult is kept from it, and the rest is written down.

    look      at what a referral holds, by the procedure that it moves under
    look_at   the same for any subject and procedure, such as a case that has no referral yet
    entering  before somebody writes a class down

Every verb that shows personal data asks here, so that none can show without leaving a trace.
"""

from __future__ import annotations

from collections.abc import Iterable

from relevo.domain.access_to_data import may_consult, require_consult, require_enter
from relevo.domain.sop import Sop
from relevo.storage import access_log, sops
from relevo.storage.courses import Referral
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def sop_of(work: UnitOfWork, row: Referral) -> Sop:
    """The procedure under which a referral moves."""
    return sops.parsed(work.session, row.sop)


def look(work: UnitOfWork, row: ReferralRow, present: Iterable[str], why: str) -> frozenset[str]:
    """Those of the classes `present` that the user may read; the look at them is recorded."""
    return look_at(work, row.thread, sop_of(work, row), present, why)


def look_at(work: UnitOfWork, subject: str, sop: Sop | None, present: Iterable[str], why: str) -> frozenset[str]:
    """The same for a subject that need not be a referral."""
    readable = frozenset(present) & may_consult(sop, work.identity.side, work.user.role)
    access_log.looked(work, subject, readable, why)
    return readable


def require_look(work: UnitOfWork, row: ReferralRow, classes: Iterable[str], why: str) -> None:
    """Record a look at classes without which a view makes no sense.

    Raises:
        NotYours: naming the first that the user may not read.
    """
    wanted = frozenset(classes)
    require_consult(sop_of(work, row), work.identity.side, work.user.role, wanted)
    access_log.looked(work, row.thread, wanted, why)


def entering(work: UnitOfWork, sop: Sop | None, classes: Iterable[str]) -> None:
    """Whether the user may write these classes down.

    Raises:
        NotYours: naming the first that they may not.
    """
    require_enter(sop, work.identity.side, work.user.role, classes)
