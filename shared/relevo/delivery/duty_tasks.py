"""What is due in referrals, and messages that do not get through, as tasks for people of either side.

Every open duty is a task: ours is to be done, the peer's waits for them and, past its time, is to be asked about. Who
may do it stands in `relevo.domain.access`, so that nobody is given a task that they may not do. Where outcomes may not
return, the host sees nothing of what the origin does, and waits for its decision alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select

from relevo.delivery import duties, epochs
from relevo.delivery.outbox import OutboxState
from relevo.delivery.undelivered import FOR_PEOPLE, QUEUED
from relevo.domain.access import MAY, Act
from relevo.domain.deadlines import FOLLOW_UP, Duty
from relevo.domain.first_contact import Channel, Towards, careful, towards
from relevo.domain.lateness import late_from
from relevo.domain.sides import Side, Urgency
from relevo.domain.tasks import Task, WaitsFor
from relevo.storage import referrals, streams
from relevo.storage.tables import DutyRow, OutboxRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What a duty says to whoever has it and to whoever waits for it, and who may do it."""

    act: Act
    ours: str
    theirs: str


WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        Duty.ANSWER: Wording(
            act=Act.ACCEPT,
            ours="Acknowledge it, then decide: accept, decline, ask the host, or put on the waiting list.",
            theirs="The origin has not decided. Unanswered is not declined: past its time, phone the next contact.",
        ),
        Duty.ANSWER_QUESTION: Wording(
            act=Act.ANSWER_QUESTION,
            ours="Answer the origin's question; it decides nothing before.",
            theirs="The host answers our question. Past its time, phone the next contact.",
        ),
        Duty.ANSWER_CANCELLATION: Wording(
            act=Act.ANSWER_CANCELLATION,
            ours="The host wants to take the referral back: agree, or say why you go on.",
            theirs="The origin says whether the referral can be taken back.",
        ),
        Duty.ANSWER_JOURNEY: Wording(
            act=Act.CHANGE_JOURNEY,
            ours="The person did not arrive. Find out what happened, then enter the new journey or cancel it.",
            theirs="The host finds out why the person did not arrive; until then no contact is due.",
        ),
        Duty.CORRECT_CONTACT: Wording(
            act=Act.CORRECT,
            ours="The number was wrong. Ask the person for the right one, and correct the contact.",
            theirs="The host finds the right number. Do not try other numbers meanwhile.",
        ),
        Duty.REVIEW_WAITLIST: Wording(
            act=Act.ACCEPT,
            ours="Look at the waiting list again: accept or decline.",
            theirs="The origin looks at its waiting list again.",
        ),
        Duty.CONFIRM_ARRIVAL: Wording(
            act=Act.CONFIRM_ARRIVAL,
            ours="Confirm that the person has arrived, or say why not.",
            theirs="The origin confirms the arrival.",
        ),
        Duty.FIRST_CONTACT: Wording(
            act=Act.RECORD_FIRST_CONTACT,
            ours="Reach the person; read first how they want to be reached.",
            theirs="The origin reaches the person.",
        ),
        FOLLOW_UP: Wording(
            act=Act.REPORT_FOLLOW_UP,
            ours="Ask how the person is, and report the follow-up.",
            theirs="The origin reports the follow-up.",
        ),
        Duty.PLAN: Wording(
            act=Act.AGREE_PLAN,
            ours="Agree the plan with the person.",
            theirs="The origin agrees the plan with the person.",
        ),
        Duty.MEDICATION_SUPPLY: Wording(
            act=Act.SECURE_MEDICATION,
            ours="A medicine runs out soon: see that there is more, then say `medication-secured`.",
            theirs="The origin sees that a medicine does not run out.",
        ),
        Duty.CLINICIAN_AT_HOST: Wording(
            act=Act.ANSWER_CLINICIAN,
            ours="A clinician of the origin asks: read the question and answer it.",
            theirs="A clinician of the host answers our question.",
        ),
        Duty.CLINICIAN_AT_ORIGIN: Wording(
            act=Act.ANSWER_CLINICIAN,
            ours="A clinician of the host asks: read the question and answer it.",
            theirs="A clinician of the origin answers our question.",
        ),
        Duty.REVIEW_EXCEPTION: Wording(
            act=Act.REVIEW_EXCEPTION,
            ours="Review the referral without consent as the second person.",
            theirs="The host reviews the referral without consent.",
        ),
        Duty.TELL_PERSON: Wording(
            act=Act.TELL_PERSON,
            ours="Tell the person that a referral was made without their consent, and why.",
            theirs="The host tells the person.",
        ),
    }
)

_WITH_THE_PERSON = frozenset(
    {
        Duty.FIRST_CONTACT,
        Duty.CORRECT_CONTACT,
        Duty.PLAN,
        Duty.TELL_PERSON,
        Duty.CONFIRM_ARRIVAL,
        Duty.ANSWER_JOURNEY,
        Duty.MEDICATION_SUPPLY,
    }
)

_NOT_THROUGH: Mapping[str, str] = MappingProxyType(
    {
        OutboxState.REFUSED: "The other side refused a message: read why on the timeline, mend it and do it again.",
        OutboxState.HELD: "A message was held back and has not left: read why on the timeline.",
        OutboxState.QUEUED: (
            "A message has not arrived and will soon be too late: phone the other side (`contact-list show`), "
            "or let an administrator carry it as a file (`outbox export`)."
        ),
    }
)


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """What is due in referrals, by this side and by the other."""
    rows = {(row.peer, row.thread): row for row in referrals.everything(work.session)}
    waiting = select(DutyRow).where(DutyRow.done_at.is_(None), DutyRow.dropped.is_(False))
    for duty in work.session.scalars(waiting.order_by(DutyRow.due_at)):
        row = rows[duty.peer, duty.thread]
        if duty.side == work.identity.side or not _is_hidden(work, row, duty):
            yield _task(work, row, duty)


def post(work: UnitOfWork) -> Iterator[Task]:
    """Messages about a referral that was not withdrawn which do not get through."""
    known = {row.thread: row for row in referrals.everything(work.session) if row.basis_record is not None}
    for message in work.session.scalars(select(OutboxRow).where(OutboxRow.state.in_(tuple(_NOT_THROUGH)))):
        row = known.get(message.thread)
        if row is not None and (late := _late_from(work, row, message)) <= work.at and not _mended(work, message):
            yield _undelivered(message, since=late)


def forgotten(work: UnitOfWork) -> Iterator[Task]:
    """Messages that this node sent before it was restored from a backup, and that it no longer knows."""
    here = {row.thread for row in referrals.everything(work.session)}
    for found in streams.forgotten(work.session):
        if found.noted_at is not None:
            continue
        yield Task(
            what="message-forgotten",
            text="The other side holds a message of ours that our backup lacks: ask them what it said, enter it again.",
            roles=MAY[Act.SEND] | MAY[Act.ACCEPT] | MAY[Act.REGISTER_PEER],
            thread=found.thread if found.thread in here else None,
            since=found.found_at,
        )


def stopped(work: UnitOfWork) -> Iterator[Task]:
    """Sending has stopped, because this node was restored from a backup."""
    for stand in epochs.stopped_by(work.session):
        yield Task(
            what="confirm-epoch",
            text="Nothing is sent: this node was restored from a backup. Look at `epoch show`, then `epoch confirm`.",
            roles=MAY[Act.REGISTER_PEER],
            since=stand.stopped_at or work.at,
        )


def answers(duty: str) -> Wording:
    """The words for a duty; those of `follow-up` for every follow-up."""
    return WORDINGS[FOLLOW_UP if duty.startswith(f"{FOLLOW_UP}-") else duty]


def is_with_the_person(duty: str) -> bool:
    """Whether somebody might call, write or visit in order to do it."""
    return duty.startswith(f"{FOLLOW_UP}-") or duty in _WITH_THE_PERSON


def _way(row: ReferralRow) -> Towards:
    return towards(Channel(row.contact_channel) if row.contact_channel else None)


def _task(work: UnitOfWork, row: ReferralRow, duty: DutyRow) -> Task:
    wording, ours = answers(duty.duty), duty.side == work.identity.side
    text = wording.ours if ours else wording.theirs
    return Task(
        what=duty.duty,
        text=careful(text, _way(row)) if is_with_the_person(duty.duty) else text,
        roles=MAY[wording.act] if ours else MAY[Act.SEND] | MAY[Act.ACCEPT],
        waits_for=WaitsFor.US if ours else WaitsFor.PEER,
        thread=duty.thread,
        since=duty.started_at,
        due_at=duty.due_at,
    )


def _is_hidden(work: UnitOfWork, row: ReferralRow, duty: DutyRow) -> bool:
    terms = referrals.terms(row)
    silent = terms is not None and not terms.outcomes_may_return
    return work.identity.side is Side.HOST and silent and duty.duty != Duty.ANSWER


def _mended(work: UnitOfWork, message: OutboxRow) -> bool:
    """Whether the same was said again later and got through."""
    again = (OutboxRow.peer == message.peer, OutboxRow.thread == message.thread, OutboxRow.step == message.step)
    later = (OutboxRow.jti > message.jti, OutboxRow.state == OutboxState.STORED)
    return work.session.scalar(select(OutboxRow.jti).where(*again, *later).limit(1)) is not None


def _late_from(work: UnitOfWork, row: ReferralRow, message: OutboxRow) -> datetime:
    """When people are told about a message: at once if no other try can bring it, else by how soon it is needed."""
    if message.state != OutboxState.QUEUED or message.problem in FOR_PEOPLE:
        return message.made_at
    taken = referrals.step_of(work.session, row, message.jti)
    begun = duties.started(work, row, taken, message.made_at) if taken is not None else ()
    urgency, arrival = Urgency(row.urgency), None if row.arrived_at else row.planned_arrival
    return late_from(message.made_at, urgency=urgency, due=[due.at for due in begun], planned_arrival=arrival)


def _undelivered(message: OutboxRow, since: datetime) -> Task:
    return Task(
        what=f"message-{message.state}",
        text=QUEUED[message.problem] if message.problem in FOR_PEOPLE else _NOT_THROUGH[message.state],
        roles=MAY[Act.SEND] | MAY[Act.ACCEPT],
        thread=message.thread,
        since=since,
    )
