"""Which clock a step starts, which it fulfils, where a clock may run at all, and how it stands.

| step | duty | whose | time |
| --- | --- | --- | --- |
| requested, answered | answer | origin | `response` of the SOP, by urgency |
| requested, journey-changed | confirm-arrival | origin | hours after the planned arrival |
| requested, and what brings `medication` anew | medication-supply | origin | days before the supply ends |
| information-requested | answer-question | host | `question` of the SOP |
| waitlisted | review-waitlist | origin | closing time of the review date |
| cancel-requested | answer-cancellation | origin | `question` of the SOP |
| not-arrived | answer-journey | host | `question` of the SOP |
| first-contact: wrong-number | correct-contact | host | `question` of the SOP |
| medical-question | answer-clinician-host, -origin | the side that is asked | `question` of the SOP |
| arrived | first-contact | origin | from the arrival: hours if vulnerable, else working days |
| arrived, reopened | follow-up-1, -3, ..., plan | origin | months after the arrival |

The receiver of a step puts these times into its receipt and the sender computes the same ones, so nothing here
depends on anything but the SOP, the moment of receipt and the facts. Under `do-not-contact` no first contact is due
(follow-ups are: they report services, and can be made without the person); under `via-intermediary` it is due towards
the intermediary. Acknowledging fulfils nothing: who has acknowledged has not decided.

What a receipt names still runs only where `stands` lets it: so a clock that a crossing step made pointless stops on
both nodes, whichever step they met first. Holding the assistance stops none: they count from the arrival, or from a
medicine that runs out, and neither waits.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain import duty_rules as rule
from relevo.domain.data_classes import DataClass
from relevo.domain.duty import (
    CORRECTED,
    FIRST_CONTACT,
    FOLLOW_UP,
    MEDICAL_ANSWER,
    MEDICAL_QUESTION,
    MEDICATION_SECURED,
    OUTLIVES,
    PLAN_AGREED,
    Due,
    DueState,
    Duty,
    Facts,
    clinician_duty,
    follow_up_duty,
)
from relevo.domain.first_contact import ContactOutcome
from relevo.domain.journey import Journey, JourneyStep
from relevo.domain.referral import Status, Step, is_open
from relevo.domain.sides import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from relevo.domain.sop import Sop

__all__ = [
    "CORRECTED",
    "FIRST_CONTACT",
    "FOLLOW_UP",
    "MEDICAL_ANSWER",
    "MEDICAL_QUESTION",
    "MEDICATION_SECURED",
    "OUTLIVES",
    "PLAN_AGREED",
    "REACHES",
    "Due",
    "DueState",
    "Duty",
    "Facts",
    "clinician_duty",
    "duties_done",
    "duties_started",
    "follow_up_duty",
    "is_unanswered",
    "stands",
    "state_of",
]


def duties_started(step: str, *, sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The clocks that `step` starts when it is received at `received_at`; empty for most steps."""
    return tuple(due for starts in STARTS.get(step, ()) for due in starts(sop, received_at, facts))


def duties_done(
    step: str,
    *,
    speaker: Side,
    outcome: str | None = None,
    month: int | None = None,
    corrected: Collection[str] = (),
) -> frozenset[str]:
    """The duties that `step` fulfils.

    Args:
        step: what was done.
        speaker: by which side.
        outcome: what came of an attempt, where the step is `first-contact`; only `reached` fulfils something.
        month: which follow-up was reported, where the step is `follow-up`.
        corrected: which classes were corrected, where the step is `corrected`.
    """
    if step == FOLLOW_UP:
        return frozenset() if month is None else frozenset({follow_up_duty(month)})
    if step == FIRST_CONTACT:
        reached = outcome == ContactOutcome.REACHED
        return frozenset({Duty.FIRST_CONTACT, Duty.CORRECT_CONTACT}) if reached else frozenset()
    if step == CORRECTED:
        return frozenset({Duty.CORRECT_CONTACT}) if DataClass.CONTACT in corrected else frozenset()
    if step == MEDICAL_ANSWER:
        return frozenset({clinician_duty(speaker)})
    return DONE_BY.get(step, frozenset())


def stands(duty: str, *, status: Status, journey: Journey, died: bool = False, unreachable: bool = False) -> bool:
    """Whether the clock of a duty may run while the referral and the journey stand so.

    After a death nobody is asked for anything any more but what the host owes for an exception. Who is `unreachable`
    by their own wish is never to be reached by a deadline, however late they said so.
    """
    if duty in OUTLIVES:
        return True
    if not is_open(status) or died or (unreachable and duty in REACHES):
        return False
    return status in WHILE.get(duty, _ANY_STATUS) and journey in ON_THE_WAY.get(_family(duty), _ANYWHERE)


def state_of(due: Due, *, started_at: datetime, done_at: datetime | None, at: datetime) -> DueState:
    """How a duty that began at `started_at` stands at `at`; a reminder is due from half time on."""
    if done_at is not None:
        return DueState.KEPT if done_at <= due.at else DueState.LATE
    if at > due.at:
        return DueState.OVERDUE
    return DueState.REMINDER if at - started_at >= (due.at - started_at) / 2 else DueState.OPEN


def is_unanswered(status: Status, answer_due: datetime | None, at: datetime) -> bool:
    """Whether a referral waits for a decision past its time: never a status, and never "declined"."""
    return status in WHILE[Duty.ANSWER] and answer_due is not None and at > answer_due


def _family(duty: str) -> str:
    return FOLLOW_UP if duty.startswith(f"{FOLLOW_UP}-") else duty


STARTS: Mapping[str, tuple[Callable[[Sop, datetime, Facts], tuple[Due, ...]], ...]] = MappingProxyType(
    {
        Step.REQUESTED: (rule.answer, rule.confirm_arrival, rule.medication),
        Step.ANSWERED: (rule.answer, rule.new_journey, rule.new_medication),
        Step.INFORMATION_REQUESTED: (rule.question(Duty.ANSWER_QUESTION, Side.HOST),),
        Step.WAITLISTED: (rule.waitlist,),
        Step.CANCEL_REQUESTED: (rule.question(Duty.ANSWER_CANCELLATION, Side.ORIGIN),),
        Step.REOPENED: (rule.what_remains,),
        JourneyStep.JOURNEY_CHANGED: (rule.confirm_arrival,),
        JourneyStep.NOT_ARRIVED: (rule.question(Duty.ANSWER_JOURNEY, Side.HOST),),
        JourneyStep.ARRIVED: (rule.first_contact, rule.follow_ups, rule.plan),
        FIRST_CONTACT: (rule.right_contact,),
        MEDICAL_QUESTION: (rule.clinician,),
        MEDICAL_ANSWER: (rule.new_medication,),
        CORRECTED: (rule.new_journey, rule.new_medication),
    }
)

_DECIDED = frozenset({Duty.ANSWER, Duty.REVIEW_WAITLIST})

DONE_BY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        Step.ACCEPTED: _DECIDED,
        Step.DECLINED: _DECIDED,
        Step.WAITLISTED: _DECIDED,
        Step.INFORMATION_REQUESTED: _DECIDED,
        Step.ANSWERED: frozenset({Duty.ANSWER_QUESTION}),
        Step.CANCEL_AGREED: frozenset({Duty.ANSWER_CANCELLATION}),
        Step.CANCEL_OBJECTED: frozenset({Duty.ANSWER_CANCELLATION}),
        JourneyStep.JOURNEY_CHANGED: frozenset({Duty.ANSWER_JOURNEY}),
        JourneyStep.JOURNEY_CANCELLED: frozenset({Duty.ANSWER_JOURNEY}),
        JourneyStep.ARRIVED: frozenset({Duty.CONFIRM_ARRIVAL}),
        JourneyStep.NOT_ARRIVED: frozenset({Duty.CONFIRM_ARRIVAL}),
        PLAN_AGREED: frozenset({Duty.PLAN}),
        MEDICATION_SECURED: frozenset({Duty.MEDICATION_SUPPLY}),
    }
)

WHILE: Mapping[str, frozenset[Status]] = MappingProxyType(
    {
        Duty.ANSWER: frozenset({Status.REQUESTED, Status.ACKNOWLEDGED}),
        Duty.ANSWER_QUESTION: frozenset({Status.INFORMATION_REQUESTED}),
        Duty.REVIEW_WAITLIST: frozenset({Status.WAITLISTED}),
        Duty.ANSWER_CANCELLATION: frozenset({Status.CANCEL_REQUESTED}),
    }
)
"""The only statuses in which these clocks run; the others run wherever the referral is open."""

REACHES: frozenset[str] = frozenset({Duty.FIRST_CONTACT, Duty.CORRECT_CONTACT})
"""What can only be done by reaching the person."""

_ANY_STATUS, _ANYWHERE = frozenset(Status), frozenset(Journey)
_EXPECTED = frozenset({Journey.PLANNED, Journey.CHANGED, Journey.DEPARTED})
_ARRIVED = frozenset({Journey.ARRIVED})

ON_THE_WAY: Mapping[str, frozenset[Journey]] = MappingProxyType(
    {
        Duty.CONFIRM_ARRIVAL: _EXPECTED,
        Duty.ANSWER_JOURNEY: frozenset({Journey.NOT_ARRIVED}),
        Duty.FIRST_CONTACT: _ARRIVED,
        FOLLOW_UP: _ARRIVED,
        Duty.PLAN: _ARRIVED,
    }
)
"""The only places on the way at which these clocks run."""
