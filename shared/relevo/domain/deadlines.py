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

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.data_classes import DataClass
from relevo.domain.first_contact import ContactOutcome, Towards, towards
from relevo.domain.follow_up import add_months, schedule
from relevo.domain.journey import Journey, JourneyStep
from relevo.domain.medication import act_by
from relevo.domain.referral import Status, Step, is_open
from relevo.domain.sides import Side
from relevo.domain.working_time import after_hours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import date, datetime

    from relevo.domain.first_contact import Channel
    from relevo.domain.sides import Urgency
    from relevo.domain.sop import Sop

FIRST_CONTACT = "first-contact"
FOLLOW_UP = "follow-up"
PLAN_AGREED = "plan-agreed"
MEDICATION_SECURED = "medication-secured"
MEDICAL_QUESTION = "medical-question"
MEDICAL_ANSWER = "medical-answer"
CORRECTED = "corrected"
"""Steps that say something and move no status."""


class Duty(StrEnum):
    """What somebody has to do by a moment; follow-ups are named by `follow_up_duty`."""

    ANSWER = "answer"
    ANSWER_QUESTION = "answer-question"
    ANSWER_CANCELLATION = "answer-cancellation"
    ANSWER_JOURNEY = "answer-journey"
    CLINICIAN_AT_HOST = "answer-clinician-host"
    CLINICIAN_AT_ORIGIN = "answer-clinician-origin"
    CORRECT_CONTACT = "correct-contact"
    REVIEW_WAITLIST = "review-waitlist"
    CONFIRM_ARRIVAL = "confirm-arrival"
    FIRST_CONTACT = "first-contact"
    PLAN = "plan"
    MEDICATION_SUPPLY = "medication-supply"
    REVIEW_EXCEPTION = "review-exception"
    TELL_PERSON = "tell-person"


OUTLIVES: frozenset[str] = frozenset({Duty.REVIEW_EXCEPTION, Duty.TELL_PERSON})
"""What a host owes after a referral without consent however it ends; no step starts it, and no receipt carries it."""


class DueState(StrEnum):
    """How a duty stands."""

    OPEN = "open"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    KEPT = "kept"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class Due:
    """A duty, whose it is, and the moment, in UTC, by which it is due.

    `since` is when its time begins to run, where that is not the moment of receipt.
    """

    duty: str
    by: Side
    at: datetime
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a clock depends on besides the SOP; moments carry their zone.

    `speaker` is who took the step, `carried` the data classes that came with it, `outcome` and `review_on` what it
    said; `done` are the duties that were fulfilled before it.
    """

    urgency: Urgency
    vulnerable: bool = False
    contact_channel: Channel | None = None
    arrived_at: datetime | None = None
    planned_arrival: datetime | None = None
    supply_ends: date | None = None
    speaker: Side = Side.HOST
    carried: frozenset[str] = frozenset()
    outcome: str | None = None
    review_on: date | None = None
    done: frozenset[str] = frozenset()


def follow_up_duty(month: int) -> str:
    """The word for the follow-up of a month: `follow-up-3`."""
    return f"{FOLLOW_UP}-{month}"


def clinician_duty(by: Side) -> Duty:
    """The word for the answer that the clinicians of a side owe."""
    return Duty.CLINICIAN_AT_HOST if by is Side.HOST else Duty.CLINICIAN_AT_ORIGIN


def duties_started(step: str, *, sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The clocks that `step` starts when it is received at `received_at`; empty for most steps."""
    return tuple(due for rule in STARTS.get(step, ()) for due in rule(sop, received_at, facts))


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


def stands(duty: str, *, status: Status, journey: Journey, died: bool = False) -> bool:
    """Whether the clock of a duty may run while the referral and the journey stand so.

    After a death nobody is asked for anything any more but what the host owes for an exception.
    """
    if duty in OUTLIVES:
        return True
    if not is_open(status) or died:
        return False
    return status in WHILE.get(duty, frozenset(Status)) and journey in ON_THE_WAY.get(_family(duty), frozenset(Journey))


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


def _answer(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    ends = sop.response[facts.urgency].ends(received_at, sop.calendars[Side.ORIGIN])
    return (Due(duty=Duty.ANSWER, by=Side.ORIGIN, at=ends),)


def _question(duty: Duty, by: Side) -> Callable[[Sop, datetime, Facts], tuple[Due, ...]]:
    """The rule by which `by` answers within the SOP's time for questions."""

    def rule(sop: Sop, received_at: datetime, _: Facts) -> tuple[Due, ...]:
        return (Due(duty=duty, by=by, at=sop.question.ends(received_at, sop.calendars[by])),)

    return rule


def _clinician(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    asked = facts.speaker.other
    return _question(clinician_duty(asked), asked)(sop, received_at, facts)


def _right_contact(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    if facts.outcome != ContactOutcome.WRONG_NUMBER:
        return ()
    return _question(Duty.CORRECT_CONTACT, Side.HOST)(sop, received_at, facts)


def _waitlist(sop: Sop, _: datetime, facts: Facts) -> tuple[Due, ...]:
    if facts.review_on is None:
        return ()
    return (Due(duty=Duty.REVIEW_WAITLIST, by=Side.ORIGIN, at=sop.calendars[Side.ORIGIN].closing(facts.review_on)),)


def _confirm_arrival(sop: Sop, _: datetime, facts: Facts) -> tuple[Due, ...]:
    if facts.planned_arrival is None:
        return ()
    ends = after_hours(facts.planned_arrival, sop.arrival_confirmation_hours)
    return (Due(duty=Duty.CONFIRM_ARRIVAL, by=Side.ORIGIN, at=ends, since=facts.planned_arrival),)


def _new_journey(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    return _confirm_arrival(sop, received_at, facts) if DataClass.TRAVEL in facts.carried else ()


def _medication(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    if facts.supply_ends is None:
        return ()
    calendar = sop.calendars[Side.ORIGIN]
    ends = act_by(facts.supply_ends, sop.medication_days, calendar, received_at=received_at)
    return (Due(duty=Duty.MEDICATION_SUPPLY, by=Side.ORIGIN, at=ends),)


def _new_medication(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    return _medication(sop, received_at, facts) if DataClass.MEDICATION in facts.carried else ()


def _first_contact(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    if towards(facts.contact_channel) is Towards.NOBODY or Duty.FIRST_CONTACT in facts.done:
        return ()
    allowance = sop.first_contact.allowance(vulnerable=facts.vulnerable)
    ends = allowance.ends(facts.arrived_at or received_at, sop.calendars[Side.ORIGIN])
    return (Due(duty=Duty.FIRST_CONTACT, by=Side.ORIGIN, at=ends),)


def _follow_ups(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    planned = schedule(facts.arrived_at or received_at, sop.follow_up_months, sop.calendars[Side.ORIGIN])
    return tuple(Due(duty=follow_up_duty(one.month), by=Side.ORIGIN, at=one.at, since=one.since) for one in planned)


def _plan(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    calendar = sop.calendars[Side.ORIGIN]
    day = add_months(calendar.local_date(facts.arrived_at or received_at), sop.plan_months)
    return (Due(duty=Duty.PLAN, by=Side.ORIGIN, at=calendar.closing(day)),)


def _what_remains(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """What an arrival once started, was not done, and lies ahead."""
    if facts.arrived_at is None:
        return ()
    dues = (*_follow_ups(sop, received_at, facts), *_plan(sop, received_at, facts))
    return tuple(due for due in dues if due.at > received_at and due.duty not in facts.done)


STARTS: Mapping[str, tuple[Callable[[Sop, datetime, Facts], tuple[Due, ...]], ...]] = MappingProxyType(
    {
        Step.REQUESTED: (_answer, _confirm_arrival, _medication),
        Step.ANSWERED: (_answer, _new_journey, _new_medication),
        Step.INFORMATION_REQUESTED: (_question(Duty.ANSWER_QUESTION, Side.HOST),),
        Step.WAITLISTED: (_waitlist,),
        Step.CANCEL_REQUESTED: (_question(Duty.ANSWER_CANCELLATION, Side.ORIGIN),),
        Step.REOPENED: (_what_remains,),
        JourneyStep.JOURNEY_CHANGED: (_confirm_arrival,),
        JourneyStep.NOT_ARRIVED: (_question(Duty.ANSWER_JOURNEY, Side.HOST),),
        JourneyStep.ARRIVED: (_first_contact, _follow_ups, _plan),
        FIRST_CONTACT: (_right_contact,),
        MEDICAL_QUESTION: (_clinician,),
        MEDICAL_ANSWER: (_new_medication,),
        CORRECTED: (_new_journey, _new_medication),
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
