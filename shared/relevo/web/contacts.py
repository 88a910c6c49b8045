"""The routes of contact lists: publish ours, read ours and those of peers."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from relevo.delivery import contact_exchange
from relevo.domain.access import Role
from relevo.domain.contact_list import ContactList as Known
from relevo.storage.unit_of_work import UnitOfWork
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body

router = APIRouter(prefix="/api")


class ContactPoint(BaseModel):
    """One named person; `on_duty` says that they can be reached outside working hours too."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    name: str
    role: Role
    languages: list[str]
    phone: str
    mail: str | None = None
    on_duty: bool = False


class OrganisationContacts(BaseModel):
    """The contact points of one organisation in the order in which they are asked; without a name, of the node."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    organisation: str | None = None
    points: list[ContactPoint]


class ContactsGiven(Body):
    """The whole contact list of this node; dated now unless it says `as_of`."""

    as_of: datetime | None = None
    organisations: list[OrganisationContacts] = Field(max_length=200)


class ContactList(BaseModel):
    """The newest contact list of a node; a stale one is so old that somebody should ask whether it holds."""

    node: str
    as_of: datetime
    stale: bool
    organisations: list[OrganisationContacts]


@router.get("/contact-lists", tags=["node"])
def list_contact_lists(request: Request, user: CurrentUser) -> list[ContactList]:
    """The newest contact list of each node that has published one."""
    with node_of(request).read(user) as work:
        return [_shown(work, one) for one in contact_exchange.show_all(work)]


@router.get("/contact-lists/{node_id}", tags=["node"])
def show_contact_list(request: Request, user: CurrentUser, node_id: str) -> ContactList:
    """The newest contact list of one node."""
    with node_of(request).read(user) as work:
        return _shown(work, contact_exchange.show(work, node_id))


@router.post("/contact-lists", status_code=201, tags=["node"])
def publish_contact_list(request: Request, user: CurrentUser, given: ContactsGiven) -> ContactList:
    """Publish the contact list of this node to every peer with an agreed SOP."""
    with node_of(request).write(user) as work:
        fields = given.model_dump(mode="json", exclude_none=True)
        return _shown(work, contact_exchange.publish(work, fields))


def _shown(work: UnitOfWork, found: Known) -> ContactList:
    return ContactList(
        node=found.node,
        as_of=found.as_of,
        stale=found.is_stale(work.at),
        organisations=[OrganisationContacts.model_validate(one) for one in found.organisations],
    )
