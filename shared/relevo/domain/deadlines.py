"""Which clock a step starts, which it fulfils, and how a clock stands.

| step | duty | whose | time |
| --- | --- | --- | --- |
| requested, answered | answer | origin | `response` of the SOP, by urgency |
| requested, journey-changed | confirm-arrival | origin | hours after the planned arrival |
| information-requested | answer-question | host | `question` of the SOP |
| arrived | first-contact | origin | from the arrival: hours if vulnerable, else working days |
| arrived | follow-up-1, -3, ... | origin | months after the arrival |

The receiver of a step puts these times into its receipt and the sender computes the same ones, so nothing here
depends on anything but the SOP, the moment of receipt and the facts. Under `do-not-contact` no first contact is due
(follow-ups are: they report services, and can be made without the person); under `via-intermediary` it is due towards
the intermediary. Acknowledging fulfils nothing: who has acknowledged has not decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.first_contact import ContactOutcome, Towards, towards
from relevo.domain.follow_up import schedule
from relevo.domain.journey import JourneyStep
from relevo.domain.referral import Step, is_open
from relevo.domain.sides import Side
from relevo.domain.working_time import after_hours

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from relevo.domain.first_contact import Channel
    from relevo.domain.referral import Status
    from relevo.domain.sides import Urgency
    from relevo.domain.sop import Sop

FIRST_CONTACT = "first-contact"
FOLLOW_UP = "follow-up"
"""Steps that say something and move no status."""


class Duty(StrEnum):
    """What somebody has to do by a moment; follow-ups are named by `follow_up_duty`."""

    ANSWER = "answer"
    ANSWER_QUESTION = "answer-question"
    CONFIRM_ARRIVAL = "confirm-arrival"
    FIRST_CONTACT = "first-contact"
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
    """A duty, whose it is, and the moment, in UTC, by which it is due."""

    duty: str
    by: Side
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a clock depends on besides the SOP; moments carry their zone."""

    urgency: Urgency
    vulnerable: bool = False
    contact_channel: Channel | None = None
    arrived_at: datetime | None = None
    planned_arrival: datetime | None = None


def follow_up_duty(month: int) -> str:
    """The word for the follow-up of a month: `follow-up-3`."""
    return f"follow-up-{month}"


def duties_started(step: str, *, sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The clocks that `step` starts when it is received at `received_at`; empty for most steps."""
    return tuple(due for rule in STARTS.get(step, ()) for due in rule(sop, received_at, facts))


def duty_done(step: str, *, outcome: str | None = None, month: int | None = None) -> str | None:
    """The duty that `step` fulfils, if any.

    Args:
        step: what was done.
        outcome: what came of an attempt, where the step is `first-contact`; only `reached` fulfils it.
        month: which follow-up was reported, where the step is `follow-up`.
    """
    if step == FOLLOW_UP:
        return None if month is None else follow_up_duty(month)
    if step == FIRST_CONTACT:
        return Duty.FIRST_CONTACT if outcome == ContactOutcome.REACHED else None
    return DONE_BY.get(step)


def ends_every_duty(status: Status) -> bool:
    """Whether nobody owes anything any more once the referral stands at `status`."""
    return not is_open(status)


def state_of(due: Due, *, started_at: datetime, done_at: datetime | None, at: datetime) -> DueState:
    """How a duty that began at `started_at` stands at `at`; a reminder is due from half time on."""
    if done_at is not None:
        return DueState.KEPT if done_at <= due.at else DueState.LATE
    if at > due.at:
        return DueState.OVERDUE
    return DueState.REMINDER if at - started_at >= (due.at - started_at) / 2 else DueState.OPEN


def _answer(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    ends = sop.response[facts.urgency].ends(received_at, sop.calendars[Side.ORIGIN])
    return (Due(duty=Duty.ANSWER, by=Side.ORIGIN, at=ends),)


def _answer_question(sop: Sop, received_at: datetime, _: Facts) -> tuple[Due, ...]:
    ends = sop.question.ends(received_at, sop.calendars[Side.HOST])
    return (Due(duty=Duty.ANSWER_QUESTION, by=Side.HOST, at=ends),)


def _confirm_arrival(sop: Sop, _: datetime, facts: Facts) -> tuple[Due, ...]:
    if facts.planned_arrival is None:
        return ()
    ends = after_hours(facts.planned_arrival, sop.arrival_confirmation_hours)
    return (Due(duty=Duty.CONFIRM_ARRIVAL, by=Side.ORIGIN, at=ends),)


def _first_contact(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    if towards(facts.contact_channel) is Towards.NOBODY:
        return ()
    allowance = sop.first_contact.allowance(vulnerable=facts.vulnerable)
    ends = allowance.ends(facts.arrived_at or received_at, sop.calendars[Side.ORIGIN])
    return (Due(duty=Duty.FIRST_CONTACT, by=Side.ORIGIN, at=ends),)


def _follow_ups(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    planned = schedule(facts.arrived_at or received_at, sop.follow_up_months, sop.calendars[Side.ORIGIN])
    return tuple(Due(duty=follow_up_duty(one.month), by=Side.ORIGIN, at=one.at) for one in planned)


STARTS: Mapping[str, tuple[Callable[[Sop, datetime, Facts], tuple[Due, ...]], ...]] = MappingProxyType(
    {
        Step.REQUESTED: (_answer, _confirm_arrival),
        Step.ANSWERED: (_answer,),
        Step.INFORMATION_REQUESTED: (_answer_question,),
        JourneyStep.JOURNEY_CHANGED: (_confirm_arrival,),
        JourneyStep.ARRIVED: (_first_contact, _follow_ups),
    }
)

DONE_BY: Mapping[str, Duty] = MappingProxyType(
    {
        Step.ACCEPTED: Duty.ANSWER,
        Step.DECLINED: Duty.ANSWER,
        Step.WAITLISTED: Duty.ANSWER,
        Step.INFORMATION_REQUESTED: Duty.ANSWER,
        Step.ANSWERED: Duty.ANSWER_QUESTION,
        JourneyStep.ARRIVED: Duty.CONFIRM_ARRIVAL,
        JourneyStep.NOT_ARRIVED: Duty.CONFIRM_ARRIVAL,
    }
)
