"""What requests to an origin say, and what it shows: the JSON of its API. Unknown fields are refused.

Forms take the words; whether they fit is decided by the step or the data class that they become, which names every
fault at once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from relevo.domain.assignment import AssignmentStatus
from relevo.domain.data_classes import DataClass
from relevo.domain.first_contact import Channel, ContactOutcome
from relevo.domain.journey import NotArrivedReason
from relevo.domain.referral import ClosingReason, DeclineReason
from relevo.web.operations import Body

Text = Annotated[str, Field(min_length=1, max_length=4000)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]


class Acceptance(Body):
    """A note to the host, if there is one."""

    note: Text | None = None


class Decline(Body):
    """Why the referral is not taken; `text` belongs to the reason `other`."""

    reason: DeclineReason
    text: Text | None = None


class Question(Body):
    """What the host is asked, and in which data classes the answer is expected."""

    question: Text
    classes: tuple[DataClass, ...] = ()


class Waiting(Body):
    """The day on which the origin looks at the waiting list again."""

    review_on: date


class Because(Body):
    """Why, on one line."""

    reason: Sentence


class Arrival(Body):
    """When the person arrived."""

    arrived_at: AwareDatetime


class Absence(Body):
    """Why the person was not there."""

    reason: NotArrivedReason


class Attempt(Body):
    """One attempt to reach the person; `at` is now where it is left out."""

    channel: Channel
    outcome: ContactOutcome
    at: AwareDatetime | None = None


class Assignment(Body):
    """The organisation of this node to which a service is offered, such as `ci:accueil/housing-desk`.

    `because` says why, where it has no place left or works elsewhere.
    """

    organisation: str
    because: Sentence | None = None


class ServiceReport(Body):
    """Where a service stands now, and why, if that is to be kept; the host is not told why."""

    status: AssignmentStatus
    reason: Text | None = None


class ServiceOutcome(Body):
    """What became of one service."""

    service: str
    status: AssignmentStatus
    organisation: str | None = None
    on: date | None = None
    note: Text | None = None


class Outcome(Body):
    """What was done, and how the person is."""

    services: list[ServiceOutcome]
    wellbeing: Text | None = None


class Feedback(Body):
    """The person's own words with their language, or why there are none."""

    comments: Text | None = None
    language: str | None = None
    absent_reason: Sentence | None = None


class FollowUp(Body):
    """How it stands a number of months after the arrival; `services` are those that moved on since the last report."""

    month: Annotated[int, Field(ge=1, le=120)]
    services: dict[str, AssignmentStatus] = Field(default_factory=dict)
    outcome: Outcome | None = None
    feedback: Feedback | None = None


class Ending(Body):
    """Why assistance ended before what was agreed was done."""

    reason: ClosingReason


class Closing(Body):
    """Why the referral is closed, and what the person says about it."""

    reason: ClosingReason
    feedback: Feedback


class Shown(BaseModel):
    """Something that is shown as the node keeps it."""

    model_config = ConfigDict(from_attributes=True)


class Reach(Shown):
    """How the person may be reached; read this before anything else."""

    rule: str
    channel: str | None
    contact: dict[str, Any]
    readable: bool


class Terms(Shown):
    """What the person agreed to; `exception_ends` where nobody did, because a life was in danger."""

    purpose: str
    receiver: str
    organisation: str | None
    classes: list[str]
    expires_on: date
    withhold: list[tuple[str, str]]
    outcomes_may_return: bool
    exception_ends: datetime | None


class Stated(Shown):
    """One data class as the host stated it; without fields, and not `readable`, where it is not yours to read."""

    data_class: str
    fields: dict[str, Any]
    readable: bool
    stated_by: str
    stated_at: datetime
    jti: str | None


class StatedBefore(Shown):
    """One data class as the host had stated it, and whether the host said since that it was an error."""

    data_class: str
    fields: dict[str, Any]
    readable: bool
    stated_at: datetime
    replaced_at: datetime
    replaced_by: str
    in_error: bool
    reason: str | None


class Assessed(Shown):
    """One data class as somebody of this node found it; `struck` says why it was entered in error."""

    number: int
    data_class: str
    fields: dict[str, Any]
    readable: bool
    assessed_by: str
    organisation: str | None
    at: datetime
    struck: str | None
    struck_by: str | None


class Profile(Shown):
    """A person as far as the consent lets this node know them, with what protects them first."""

    thread: str
    reach: Reach
    kept_back: str | None
    confidential: bool
    vulnerable: bool
    terms: Terms | None
    without_consent: bool
    stated: list[Stated]
    assessed: list[Assessed]
    before: list[StatedBefore]


class ServiceShown(Shown):
    """One requested service."""

    service: str
    status: str
    organisation: str | None
    changed_at: datetime
    changed_by: str


class AttemptShown(Shown):
    """One attempt to reach the person."""

    at: datetime
    by: str
    channel: str
    outcome: str


class ReportShown(Shown):
    """What was found and said at a follow-up or at the close, whether or not the host was told."""

    number: int
    step: str
    month: int | None
    at: datetime
    reported_by: str
    fields: dict[str, Any]
    struck: str | None
    struck_by: str | None
