"""What is due in a referral, kept on both nodes alike.

A step can end a duty, begin others, or end them all. Both nodes compute the due times from the moment in the receipt
and the SOP; the receipt carries them in the open. A step of ours opens only our own duties at once, so that nobody
waits for a receipt to see their own deadline; the peer's are opened, and ours set right, when the receipt has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from relevo.clock import seconds
from relevo.domain.deadlines import OUTLIVES, Due, Facts, duties_started, duty_done, ends_every_duty
from relevo.domain.first_contact import Channel
from relevo.domain.referral import Status
from relevo.domain.sides import Urgency
from relevo.domain.sop import Sop, parse_sop
from relevo.messages.steps import StepPayload
from relevo.messages.steps_progress import FirstContact, FollowUp
from relevo.protocol.receipt import DueClaim
from relevo.storage import referrals
from relevo.storage.tables import DutyRow, ReferralRow, SopRow, StepRow
from relevo.storage.unit_of_work import UnitOfWork


def follow(
    work: UnitOfWork,
    row: ReferralRow,
    step: str,
    payload: StepPayload,
    taken: StepRow,
    *,
    received_at: datetime,
    ours_only: bool,
) -> None:
    """End the duty that a step fulfils, marking the step if it came late, and begin those that it starts."""
    done = duty_done(step, outcome=_outcome(payload), month=_month(payload))
    if done and (duty := referrals.open_duty(work.session, row, done)):
        duty.done_at = taken.at
        taken.late = taken.at > duty.due_at
    if ends_every_duty(Status(row.status)):
        _drop_all(work, row)
    begun = started(work, row, step, received_at)
    begin(work, row, (due for due in begun if not ours_only or due.by is work.identity.side), received_at)


def started(work: UnitOfWork, row: ReferralRow, step: str, received_at: datetime) -> tuple[Due, ...]:
    """The duties that begin when the message of `step` is received."""
    return duties_started(step, sop=_sop(work, row), received_at=received_at, facts=_facts(row))


def begin(work: UnitOfWork, row: ReferralRow, dues: Iterable[Due], started_at: datetime) -> None:
    """Open duties; one that is open already is set to the moment given here. A referral that has ended starts none."""
    if ends_every_duty(Status(row.status)):
        return
    for due in dues:
        duty = referrals.open_duty(work.session, row, due.duty)
        if duty is not None:
            duty.due_at = due.at
        elif not _was_done(work, row, due):
            work.session.add(_row(row, due, started_at))
    work.session.flush()


def claims(dues: Sequence[Due], row: ReferralRow, own: str, side: str) -> tuple[DueClaim, ...]:
    """The duties as they stand in a receipt that the node `own`, on `side`, makes for this referral."""
    return tuple(DueClaim(duty=due.duty, by=own if due.by == side else row.peer, at=due.at) for due in dues)


def agree(dues: Sequence[DueClaim], expected: Sequence[DueClaim]) -> bool:
    """Whether both nodes computed the same."""
    return {_flat(due) for due in dues} == {_flat(due) for due in expected}


def _flat(due: DueClaim) -> tuple[str, str, int]:
    return due.duty, due.by, seconds(due.at)


def _was_done(work: UnitOfWork, row: ReferralRow, due: Due) -> bool:
    """A duty that was fulfilled before its receipt came is not opened again."""
    return any(
        duty.duty == due.duty and duty.done_at is not None and duty.due_at >= due.at
        for duty in referrals.duties(work.session, row)
    )


def _drop_all(work: UnitOfWork, row: ReferralRow) -> None:
    for duty in referrals.duties(work.session, row):
        duty.dropped = duty.dropped or (duty.done_at is None and duty.duty not in OUTLIVES)


def _row(row: ReferralRow, due: Due, started_at: datetime) -> DutyRow:
    return DutyRow(
        peer=row.peer,
        thread=row.thread,
        duty=due.duty,
        side=due.by,
        started_at=started_at,
        due_at=due.at,
        dropped=False,
    )


def _sop(work: UnitOfWork, row: ReferralRow) -> Sop:
    return parse_sop(work.session.get_one(SopRow, row.sop).text)


def _facts(row: ReferralRow) -> Facts:
    return Facts(
        urgency=Urgency(row.urgency),
        vulnerable=row.vulnerable,
        contact_channel=Channel(row.contact_channel) if row.contact_channel else None,
        arrived_at=row.arrived_at,
        planned_arrival=row.planned_arrival,
    )


def _outcome(payload: StepPayload) -> str | None:
    return payload.outcome if isinstance(payload, FirstContact) else None


def _month(payload: StepPayload) -> int | None:
    return payload.month if isinstance(payload, FollowUp) else None
