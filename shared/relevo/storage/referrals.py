"""Referrals as both sides know them: where each stands, the steps that were taken, and what is due.

A referral is found by (peer, thread), never by thread alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from relevo.domain.consent import Terms
from relevo.domain.exception import as_terms
from relevo.domain.journey import Journey
from relevo.domain.medication import earliest_end
from relevo.domain.referral import Status
from relevo.errors import NotFound
from relevo.messages.classes import requested_services, terms_from_record
from relevo.messages.content import Fields
from relevo.messages.exception import exception_from_record
from relevo.messages.steps_referral import Requested
from relevo.protocol.basis import Basis, kind_of
from relevo.protocol.strict_json import JsonValue
from relevo.storage import recall
from relevo.storage.tables import DutyRow, InboxRow, OutboxRow, ReferralRow, StepRow

_READ: WeakKeyDictionary[ReferralRow, tuple[tuple[str, bytes], Terms]] = WeakKeyDictionary()
"""The terms of rows that some transaction holds, with what they were read from; gone with the row."""

SHORTEST = 8
"""How much of a thread people must type for it to be found by its beginning."""


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of a referral's timeline.

    `delivery` is how the message that told of the step stands: `queued`, `held`, `stored` or `refused`; `kept-here` for
    a step that the peer is not told. `receipt` is the signed receipt of that message, whichever side made it.
    """

    at: datetime
    step: str
    side: str
    who: str
    late: bool
    said: dict[str, JsonValue]
    status: str
    jti: str | None
    delivery: str
    receipted_at: datetime | None
    receipt: str | None
    problem: str | None


def begin(
    peer: str, thread: str, *, requested: Requested, fields: Fields, sop: str, basis: Basis, at: datetime
) -> ReferralRow:
    """A new referral as a draft, from what its first message says; both sides make the same of it."""
    contact, travel = fields.get("contact", {}), fields.get("travel", {})
    arrival = travel.get("arrival_at")
    return ReferralRow(
        peer=peer,
        thread=thread,
        status=Status.DRAFT,
        journey=Journey.PLANNED,
        urgency=requested.urgency,
        purpose=requested.purpose,
        confidential=requested.confidential,
        vulnerable=bool(fields.get("vulnerability")),
        services=list(requested_services(fields.get("needs", {}))),
        sop=sop,
        basis=basis.claim,
        basis_record=basis.record,
        basis_salt=basis.salt,
        contact_channel=contact.get("channel"),
        planned_arrival=datetime.fromisoformat(arrival) if isinstance(arrival, str) else None,
        supply_ends=earliest_end(fields.get("medication", {})),
        opened_at=at,
    )


def find(session: Session, peer: str, thread: str) -> ReferralRow:
    """The referral of that thread with that peer.

    Raises:
        NotFound: if there is none; another peer's thread is none.
    """
    row = recall.referral(session, peer, thread)
    if row is None:
        raise NotFound("there is no such referral")
    return row


def by_thread(session: Session, thread: str) -> ReferralRow:
    """The referral of a thread, for people of this node, who may look at every peer's."""
    row = session.scalar(select(ReferralRow).where(ReferralRow.thread == thread))
    if row is None:
        raise NotFound("there is no such referral; the list shows those that are here")
    return row


def thread_beginning(session: Session, beginning: str) -> str:
    """The one thread of this node that begins so, for people who type at least as much as lists show.

    Raises:
        NotFound: if there is none, or more than one.
    """
    wanted = select(ReferralRow.thread).where(ReferralRow.thread.startswith(beginning, autoescape=True)).limit(2)
    found = session.scalars(wanted).all() if len(beginning) >= SHORTEST else ()
    if len(found) != 1:
        raise NotFound("no referral begins so, or several do; `list` shows those that are here")
    return found[0]


def everything(session: Session, *statuses: Status) -> list[ReferralRow]:
    """All referrals, or those with one of `statuses`, oldest first."""
    wanted = select(ReferralRow).order_by(ReferralRow.opened_at, ReferralRow.thread)
    return list(session.scalars(wanted.where(ReferralRow.status.in_(statuses)) if statuses else wanted))


def basis(row: ReferralRow) -> Basis | None:
    """What the referral rests on; None after erasure."""
    if row.basis_record is None or row.basis_salt is None:
        return None
    return Basis(kind=kind_of(row.basis), record=row.basis_record, salt=row.basis_salt)


def terms(row: ReferralRow) -> Terms | None:
    """The terms, of a consent or of an exception, under which the referral moves; None after erasure."""
    if row.basis_record is None:
        return None
    written = row.basis, row.basis_record
    if (read := _READ.get(row)) is None or read[0] != written:
        read = _READ[row] = written, _terms(*written)
    return read[1]


def _terms(basis: str, record: bytes) -> Terms:
    return as_terms(exception_from_record(record)) if kind_of(basis) == "exception" else terms_from_record(record)


def rests_on_exception(row: ReferralRow) -> bool:
    """Whether the referral moves without consent; still known after erasure."""
    return kind_of(row.basis) == "exception"


def steps(session: Session, row: ReferralRow) -> list[StepRow]:
    """The steps of a referral, in the order in which this node learned of them."""
    return recall.listed(session, StepRow, row)


def step_of(session: Session, row: ReferralRow, jti: str) -> StepRow | None:
    """The step that the message `jti` told of."""
    return next((one for one in steps(session, row) if one.jti == jti), None)


def timeline(session: Session, row: ReferralRow) -> list[TimelineEntry]:
    """Everything that happened, with who, when, and how its message stands."""
    sent = {out.jti: out for out in session.scalars(select(OutboxRow).where(_of(OutboxRow, row)))}
    came = {one.jti: one for one in session.scalars(select(InboxRow).where(_of(InboxRow, row)))}
    return [_entry(step, sent.get(step.jti or ""), came.get(step.jti or "")) for step in steps(session, row)]


def duties(session: Session, row: ReferralRow) -> list[DutyRow]:
    """What is or was due in a referral, by time."""
    return sorted(recall.listed(session, DutyRow, row), key=attrgetter("due_at"))


def next_duty(session: Session, row: ReferralRow) -> DutyRow | None:
    """What is due next in a referral."""
    return next((duty for duty in duties(session, row) if duty.done_at is None and not duty.dropped), None)


def open_duty(session: Session, row: ReferralRow, duty: str) -> DutyRow | None:
    """The duty of that name which is still to be done."""
    every = recall.listed(session, DutyRow, row)
    return next((one for one in every if one.duty == duty and one.done_at is None and not one.dropped), None)


def _of(table: type[OutboxRow | InboxRow], row: ReferralRow) -> ColumnElement[bool]:
    return (table.peer == row.peer) & (table.thread == row.thread)


def _entry(step: StepRow, sent: OutboxRow | None, came: InboxRow | None) -> TimelineEntry:
    delivery, receipted_at, receipt, problem = "kept-here", None, None, None
    if sent is not None:
        delivery, receipted_at, receipt, problem = sent.state, sent.receipted_at, sent.receipt, sent.problem
    elif came is not None:
        delivery, receipted_at, receipt, problem = came.disposition, came.received_at, came.receipt, came.code
    return TimelineEntry(
        at=step.at,
        step=step.step,
        side=step.side,
        who=step.who,
        late=step.late,
        said=step.said,
        status=step.status_after,
        jti=step.jti,
        delivery=delivery,
        receipted_at=receipted_at,
        receipt=receipt,
        problem=problem,
    )
