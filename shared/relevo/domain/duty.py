"""What somebody has to do by a moment: the words for it, the facts that it depends on, and how it stands.

Which step starts and which fulfils a duty stands in `relevo.domain.deadlines`, which hands these names on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.domain.sides import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from relevo.domain.first_contact import Channel
    from relevo.domain.sides import Urgency

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
