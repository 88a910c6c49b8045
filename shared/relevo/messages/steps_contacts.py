"""The contact list of a node: who is reached at each organisation, in order, exchanged beside the SOP and dated.

It names people who work here, so it stands apart from the SOP, which is kept in evidence.

Source: Reintegration Handbook, 4.1.3 (first contact: named contact points of each organisation).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from relevo.domain.access import Role
from relevo.messages.classes_shape import Strict
from relevo.messages.classes_values import Language, Line, Moment, Organisation, each_once, some
from relevo.messages.steps_shape import StepPayload


class ContactPoint(Strict):
    """One named person; `on_duty` says that they can be reached outside working hours too."""

    name: Line
    role: Role
    languages: Annotated[tuple[Language, ...], Field(max_length=20), AfterValidator(some), AfterValidator(each_once)]
    phone: Line
    mail: Line | None = None
    on_duty: bool = False


class OrganisationContacts(Strict):
    """The contact points of one organisation, in the order in which they are asked; None is the node itself."""

    organisation: Organisation | None = None
    points: Annotated[tuple[ContactPoint, ...], Field(max_length=20), AfterValidator(some)]


class ContactListSent(StepPayload):
    """The whole list as it stands; it takes the place of the one before."""

    as_of: Moment
    organisations: Annotated[tuple[OrganisationContacts, ...], Field(max_length=200), AfterValidator(some)]
