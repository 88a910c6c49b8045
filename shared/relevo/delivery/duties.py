"""What is due in a referral, kept on both nodes alike.

A step can end duties, begin others, or make some pointless. Both nodes compute the due times from the moment in the
receipt, the SOP and the facts that the step kept; the receipt carries them in the open. A step of ours opens only our
own duties at once, so that nobody waits for a receipt to see their own deadline; the peer's are opened, and ours set
right, when the receipt has come. Whatever the order in which steps and receipts come, a duty is open only where
`relevo.domain.deadlines.stands` lets it be, and a step fulfils only what had begun to its author's knowledge: who says
that nobody was on the flight, and does not know of the next one, has not answered for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import bindparam, update

from relevo.clock import seconds
from relevo.delivery.clock_facts import from_json, knew
from relevo.delivery.contact_exchange import whom_to_ask_now
from relevo.delivery.looking import sop_of
from relevo.delivery.outbox import OutboxState
from relevo.domain.contact_list import ContactPoint
from relevo.domain.deadlines import Due, DueState, Duty, duties_done, duties_started, is_unanswered, stands, state_of
from relevo.domain.first_contact import Channel, Towards, has_died, towards
from relevo.domain.journey import Journey
from relevo.domain.referral import Status
from relevo.domain.sides import Side
from relevo.protocol.receipt import DueClaim
from relevo.storage import recall, referrals
from relevo.storage.appending import alter
from relevo.storage.courses import Course, Kept, Referral, Step, StepRead
from relevo.storage.tables import DutyRow, OutboxRow, ReferralRow, StepRow
from relevo.storage.unit_of_work import UnitOfWork

KEEPS_ITS_TIME = frozenset({Duty.CLINICIAN_AT_HOST, Duty.CLINICIAN_AT_ORIGIN, Duty.CORRECT_CONTACT})
"""Duties that asking again does not put off."""
_SET = (
    update(DutyRow)
    .where(DutyRow.id == bindparam("of"))
    .values(due_at=bindparam("due_at"), started_at=bindparam("started_at"))
)


def follow(
    work: UnitOfWork,
    row: ReferralRow,
    taken: StepRow,
    *,
    received_at: datetime,
    ours_only: bool,
) -> tuple[Due, ...]:
    """End the duties that a step fulfils, marking it if it came late; drop what is pointless now; begin the others.

    Returns:
        Those that the step begins, whichever side's they are.
    """
    if here := referrals.duties(work.session, row):
        _end(here, taken)
        drop_pointless(work, row)
    begun = started(work, row, taken, received_at)
    begin(work, row, (due for due in begun if not ours_only or due.by is work.identity.side), received_at)
    _begin_again(work, row, taken)
    return begun


def started(work: UnitOfWork, row: Referral, taken: Step, received_at: datetime) -> tuple[Due, ...]:
    """The duties that begin when the message of a step is received; none once its facts were erased."""
    if taken.facts is None:
        return ()
    facts = from_json(taken.facts)
    return duties_started(taken.step, sop=sop_of(work, row), received_at=received_at, facts=facts)


def begin(
    work: UnitOfWork, row: ReferralRow, dues: Iterable[Due], started_at: datetime, *, after: StepRow | None = None
) -> None:
    """Open duties where they may stand; one that is open already is set to the moment given here.

    Where the receipt of a step came late, `after` is that step: what a later one has fulfilled is not opened again.
    """
    steps, here = referrals.steps(work.session, row), referrals.duties(work.session, row)
    for due, duty, done_at in _to_begin(row, steps, here, dues, after):
        if duty is None:
            _write(work, row, due, started_at, done_at=done_at)
        else:
            duty.due_at, duty.started_at = due.at, due.since or started_at


def begin_receipted(work: UnitOfWork, course: Course, taken: StepRead, received_at: datetime) -> tuple[Due, ...]:
    """The same for what a step of ours begins, once the peer has stored its message; which that is."""
    begun = started(work, course.referral, taken, received_at)
    for due, duty, done_at in _to_begin(course.referral, course.steps, course.duties, begun, taken):
        if duty is None:
            _write(work, course.referral, due, received_at, done_at=done_at)
        else:
            alter(work.session, _SET, of=duty.id, due_at=due.at, started_at=due.since or received_at)
    return begun


def claims(dues: Sequence[Due], row: Referral, own: str, side: str) -> tuple[DueClaim, ...]:
    """The duties as they stand in a receipt that the node `own`, on `side`, makes for this referral."""
    return tuple(DueClaim(duty=due.duty, by=own if due.by == side else row.peer, at=due.at) for due in dues)


def agree(dues: Sequence[DueClaim], expected: Sequence[DueClaim]) -> bool:
    """Whether both nodes computed the same."""
    return {_flat(due) for due in dues} == {_flat(due) for due in expected}


def standing(duty: DutyRow, at: datetime) -> DueState:
    """How a duty stands now."""
    due = Due(duty=duty.duty, by=Side(duty.side), at=duty.due_at)
    return state_of(due, started_at=duty.started_at, done_at=duty.done_at, at=at)


def is_unanswered_now(work: UnitOfWork, row: ReferralRow) -> bool:
    """Whether the referral waits for a decision past its time."""
    answer = referrals.open_duty(work.session, row, Duty.ANSWER)
    return is_unanswered(Status(row.status), answer.due_at if answer else None, work.at)


def whom_to_ask(work: UnitOfWork, row: ReferralRow, duty: DutyRow) -> tuple[str, ContactPoint] | None:
    """Whom to phone about a duty of the other side that is overdue; None before, and where nobody is listed."""
    theirs = duty.side != work.identity.side
    return whom_to_ask_now(work, row, duty) if theirs and standing(duty, work.at) is DueState.OVERDUE else None


def is_over_by_death(work: UnitOfWork, row: ReferralRow) -> bool:
    """Whether the person has died, so that all contact stops."""
    return has_died(_endings(referrals.steps(work.session, row)))


def drop_pointless(work: UnitOfWork, row: ReferralRow) -> None:
    """Stop the clocks that may no longer run, by where the referral, the journey and the person's own wish stand."""
    died = is_over_by_death(work, row)
    for duty in referrals.duties(work.session, row):
        duty.dropped = duty.dropped or (duty.done_at is None and not _may_stand(row, duty.duty, died=died))


def _to_begin(
    row: Referral, steps: Sequence[Step], here: Sequence[Kept], dues: Iterable[Due], after: Step | None
) -> Iterator[tuple[Due, Kept | None, datetime | None]]:
    """Those of `dues` that begin or are set right: with the duty that is there already, or when it was done already."""
    died = has_died(_endings(steps))
    unfulfilled = {one.duty: one for one in here if one.done_at is None and not one.dropped}
    for due in dues:
        if not _may_stand(row, due.duty, died=died):
            continue
        done_at = _done_since(steps, after, due)
        duty = _done_then(here, due.duty, done_at) or unfulfilled.get(due.duty)
        if duty is None or due.duty not in KEEPS_ITS_TIME:
            yield due, duty, done_at


def _end(every: Iterable[DutyRow], taken: StepRow) -> None:
    done = _done_by(taken)
    for duty in every:
        if duty.duty in done and duty.done_at is None and not duty.dropped:
            duty.done_at = taken.at
            taken.late = taken.late or taken.at > duty.due_at


def _done_by(taken: Step) -> frozenset[str]:
    outcome, month, corrected = (taken.said.get(name) for name in ("outcome", "month", "classes"))
    return duties_done(
        taken.step,
        speaker=Side(taken.side),
        outcome=outcome if isinstance(outcome, str) else None,
        month=month if isinstance(month, int) else None,
        corrected=[str(name) for name in corrected] if isinstance(corrected, list) else (),
    )


def _done_since(steps: Sequence[Step], taken: Step | None, due: Due) -> datetime | None:
    """When a step that knew of `taken` fulfilled the duty that `taken` starts, if one did."""
    if taken is None:
        return None
    later = (one for one in steps[steps.index(taken) + 1 :] if due.duty in _done_by(one) and knew(one, taken))
    return next((one.at for one in later), None)


def _done_then(here: Iterable[Kept], name: str, done_at: datetime | None) -> Kept | None:
    """The duty of that name that was fulfilled at that moment."""
    if done_at is None:
        return None
    return next((duty for duty in here if (duty.duty, duty.done_at) == (name, done_at)), None)


def _begin_again(work: UnitOfWork, row: ReferralRow, taken: StepRow) -> None:
    """What a step fulfilled although it had begun anew without its author's knowledge is still to be done."""
    done = _done_by(taken) if taken.side != work.identity.side else frozenset()
    if not done:
        return
    for ours in referrals.steps(work.session, row):
        if ours.side == taken.side or ours.jti is None or knew(taken, ours):
            continue
        sent = work.session.get(OutboxRow, ours.jti)
        if sent is not None and sent.receipted_at is not None and sent.state == OutboxState.STORED:
            begun = (due for due in started(work, row, ours, sent.receipted_at) if due.duty in done)
            begin(work, row, begun, sent.receipted_at, after=ours)


def _flat(due: DueClaim) -> tuple[str, str, int]:
    return due.duty, due.by, seconds(due.at)


def _may_stand(row: Referral, duty: str, *, died: bool) -> bool:
    preference = Channel(row.contact_channel) if row.contact_channel else None
    return stands(
        duty,
        status=Status(row.status),
        journey=Journey(row.journey),
        died=died,
        unreachable=towards(preference) is Towards.NOBODY,
    )


def _endings(steps: Iterable[Step]) -> list[tuple[str, str | None]]:
    """The steps of a referral with the reason that each gave."""
    return [(one.step, str(one.said.get("reason", ""))) for one in steps]


def _write(work: UnitOfWork, row: Referral, due: Due, started_at: datetime, *, done_at: datetime | None) -> None:
    recall.write(
        work.session,
        DutyRow,
        peer=row.peer,
        thread=row.thread,
        duty=due.duty,
        side=due.by,
        started_at=due.since or started_at,
        due_at=due.at,
        done_at=done_at,
        dropped=False,
    )
