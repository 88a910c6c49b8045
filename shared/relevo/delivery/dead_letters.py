"""Messages that do not get through: refused by the peer, held back here, or answered with a code again and again.

    refused    the peer signed that it stored nothing: mend what is wrong and take the step again, which has a new jti
    held       a rule of ours let nothing leave: what to do stands beside the code
    queued     tried and answered with a code: it is tried for ever; `resend` tries it at once, with the same jti

Nothing here is ever dropped by hand: a message that makes no sense any more is answered by the next step of people,
and a withdrawal holds back what waits. Lists show codes and identifiers, nobody's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from relevo.delivery import undelivered
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState, is_about_a_person
from relevo.domain.access import Act, Role
from relevo.errors import Conflict, NotFound
from relevo.storage.database import ring
from relevo.storage.tables import OutboxRow, PeerRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


class NotToBeResent(Conflict):
    """A message that was refused or held back never leaves again as it is."""

    code = "not-to-be-resent"
    advice = "Mend what the code says and take the step again: it then goes as a new message."


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One message that did not get through: where it belongs, why, and what to do."""

    jti: str
    peer: str
    thread: str
    kind: str
    state: str
    code: str
    next: str | None
    made_at: datetime
    attempts: int
    next_attempt_at: datetime | None


def dead_letters(work: UnitOfWork, node: Node) -> list[DeadLetter]:
    """What does not get through, oldest first: of the referrals that the user may see, or for administrators all.

    Raises:
        Forbidden: unless the user's role reads timelines, or looks after peers.
    """
    work.require(Act.REGISTER_PEER if work.user.role is Role.ADMINISTRATOR else Act.READ_TIMELINE)
    stuck = or_(
        OutboxRow.state.in_((OutboxState.REFUSED, OutboxState.HELD)),
        and_(OutboxRow.state == OutboxState.QUEUED, OutboxRow.problem.is_not(None)),
    )
    rows = work.session.scalars(select(OutboxRow).where(stuck).order_by(OutboxRow.jti))
    return [_letter(row) for row in rows if _is_theirs(work, node, row)]


def resend(work: UnitOfWork, node: Node, jti: str) -> None:
    """Try a queued message, and its peer, at once: the same message with the same jti.

    Raises:
        NotFound: if there is no such message, or it is not the user's to see.
        NotToBeResent: if it was refused or held back.
    """
    work.require(Act.REGISTER_PEER if work.user.role is Role.ADMINISTRATOR else Act.READ_TIMELINE)
    row = work.session.get(OutboxRow, jti)
    if row is None or not _is_theirs(work, node, row):
        raise NotFound("there is no such message; the list shows those that do not get through")
    if row.state != OutboxState.QUEUED:
        raise NotToBeResent(next_step=undelivered.next_step(row.state, row.problem) or NotToBeResent.advice)
    row.next_attempt_at = None
    work.session.get_one(PeerRow, row.peer).next_attempt_at = None
    ring(work.session, row.peer)


def _is_theirs(work: UnitOfWork, node: Node, row: OutboxRow) -> bool:
    if work.user.role is Role.ADMINISTRATOR:
        return True
    referral = work.session.get(ReferralRow, (row.peer, row.thread))
    return is_about_a_person(row.kind) and referral is not None and node.sees(work, referral)


def _letter(row: OutboxRow) -> DeadLetter:
    return DeadLetter(
        jti=row.jti,
        peer=row.peer,
        thread=row.thread,
        kind=row.kind,
        state=row.state,
        code=row.problem or "",
        next=undelivered.next_step(row.state, row.problem),
        made_at=row.made_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
    )
