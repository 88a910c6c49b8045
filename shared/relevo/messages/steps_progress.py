"""What is said on the way that does not move the status: the journey, first contact, follow-up, one service.

Moments are those of the event as the reporting side knows them, with their offset; when it was recorded stands in the
message around it.

Source: Reintegration Handbook, 4.1.3 (first contact; follow-up and continuity of assistance).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relevo.domain.access import Role
from relevo.domain.assignment import AssignmentStatus
from relevo.domain.first_contact import Channel, ContactOutcome
from relevo.domain.journey import NotArrivedReason
from relevo.messages.classes_shape import Strict
from relevo.messages.classes_values import Moment, Organisation, Word
from relevo.messages.steps_shape import StepPayload


class JourneyChanged(StepPayload):
    """The journey is planned anew; the class `travel` says how."""


class Departed(StepPayload):
    """The person has left the host country."""

    at: Moment


class Arrived(StepPayload):
    """The person has arrived; clocks run from this moment."""

    arrived_at: Moment


class NotArrived(StepPayload):
    """The person did not arrive as planned."""

    reason: NotArrivedReason


class JourneyCancelled(StepPayload):
    """There will be no journey."""


class FirstContact(StepPayload):
    """One attempt to reach the person."""

    at: Moment
    channel: Channel
    outcome: ContactOutcome
    by_role: Role


class ServiceStatus(Strict):
    """Where one service stands."""

    service: Word
    status: AssignmentStatus


class FollowUp(StepPayload):
    """How it stands a number of months after arrival."""

    month: Annotated[int, Field(ge=1, le=120)]
    at: Moment
    services: Annotated[tuple[ServiceStatus, ...], Field(max_length=40)]


class Service(StepPayload):
    """One service has moved on."""

    service: Word
    status: AssignmentStatus
    organisation: Organisation | None = None
