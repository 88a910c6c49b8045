"""For each duty, when it is due: one small rule each, which `relevo.domain.deadlines` joins to the steps.

A rule takes the SOP, the moment of receipt and the facts, and nothing else; where it does not apply it gives nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.domain.data_classes import DataClass
from relevo.domain.duty import Due, Duty, clinician_duty, follow_up_duty
from relevo.domain.first_contact import ContactOutcome, Towards, towards
from relevo.domain.follow_up import add_months, schedule
from relevo.domain.medication import act_by
from relevo.domain.sides import Side
from relevo.domain.working_time import after_hours

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from relevo.domain.duty import Facts
    from relevo.domain.sop import Sop


def answer(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The decision, by urgency."""
    ends = sop.response[facts.urgency].ends(received_at, sop.calendars[Side.ORIGIN])
    return (Due(duty=Duty.ANSWER, by=Side.ORIGIN, at=ends),)


def question(duty: Duty, by: Side) -> Callable[[Sop, datetime, Facts], tuple[Due, ...]]:
    """The rule by which `by` answers within the SOP's time for questions."""

    def rule(sop: Sop, received_at: datetime, _: Facts) -> tuple[Due, ...]:
        return (Due(duty=duty, by=by, at=sop.question.ends(received_at, sop.calendars[by])),)

    return rule


def clinician(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The answer of whichever clinicians were asked."""
    asked = facts.speaker.other
    return question(clinician_duty(asked), asked)(sop, received_at, facts)


def right_contact(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The right number, after a wrong one."""
    if facts.outcome != ContactOutcome.WRONG_NUMBER:
        return ()
    return question(Duty.CORRECT_CONTACT, Side.HOST)(sop, received_at, facts)


def waitlist(sop: Sop, _: datetime, facts: Facts) -> tuple[Due, ...]:
    """Another look at the waiting list, on the day that was said."""
    if facts.review_on is None:
        return ()
    return (Due(duty=Duty.REVIEW_WAITLIST, by=Side.ORIGIN, at=sop.calendars[Side.ORIGIN].closing(facts.review_on)),)


def confirm_arrival(sop: Sop, _: datetime, facts: Facts) -> tuple[Due, ...]:
    """Whether the person arrived, some hours after the planned arrival."""
    if facts.planned_arrival is None:
        return ()
    ends = after_hours(facts.planned_arrival, sop.arrival_confirmation_hours)
    return (Due(duty=Duty.CONFIRM_ARRIVAL, by=Side.ORIGIN, at=ends, since=facts.planned_arrival),)


def new_journey(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The same, where a new journey came with the step."""
    return confirm_arrival(sop, received_at, facts) if DataClass.TRAVEL in facts.carried else ()


def medication(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """That a medicine does not run out."""
    if facts.supply_ends is None:
        return ()
    calendar = sop.calendars[Side.ORIGIN]
    ends = act_by(facts.supply_ends, sop.medication_days, calendar, received_at=received_at)
    return (Due(duty=Duty.MEDICATION_SUPPLY, by=Side.ORIGIN, at=ends),)


def new_medication(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The same, where medicines came with the step."""
    return medication(sop, received_at, facts) if DataClass.MEDICATION in facts.carried else ()


def first_contact(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The first contact, from the arrival."""
    if towards(facts.contact_channel) is Towards.NOBODY or Duty.FIRST_CONTACT in facts.done:
        return ()
    allowance = sop.first_contact.allowance(vulnerable=facts.vulnerable)
    ends = allowance.ends(facts.arrived_at or received_at, sop.calendars[Side.ORIGIN])
    return (Due(duty=Duty.FIRST_CONTACT, by=Side.ORIGIN, at=ends),)


def follow_ups(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """Every follow-up that the procedure plans, from the arrival."""
    planned = schedule(facts.arrived_at or received_at, sop.follow_up_months, sop.calendars[Side.ORIGIN])
    return tuple(Due(duty=follow_up_duty(one.month), by=Side.ORIGIN, at=one.at, since=one.since) for one in planned)


def plan(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """The plan, some months after the arrival."""
    calendar = sop.calendars[Side.ORIGIN]
    day = add_months(calendar.local_date(facts.arrived_at or received_at), sop.plan_months)
    return (Due(duty=Duty.PLAN, by=Side.ORIGIN, at=calendar.closing(day)),)


def what_remains(sop: Sop, received_at: datetime, facts: Facts) -> tuple[Due, ...]:
    """What an arrival once started, was not done, and lies ahead."""
    if facts.arrived_at is None:
        return ()
    dues = (*follow_ups(sop, received_at, facts), *plan(sop, received_at, facts))
    return tuple(due for due in dues if due.at > received_at and due.duty not in facts.done)
