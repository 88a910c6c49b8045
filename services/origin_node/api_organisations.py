"""The part of an origin's JSON API about organisations: the register, proposals, answers, and what each is given."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from origin_node import assignments, giving, offers, organisations, own_part
from origin_node.api_forms import Sentence, ServiceShown, Shown, Text
from relevo.domain.organisations import Organisation, Proposal
from relevo.web.access import CurrentUser, node_of
from relevo.web.files import streamed
from relevo.web.operations import Body

PART = "application/x-relevo-part"
router = APIRouter(prefix="/api")


class OrganisationChange(Body):
    """Fields of an organisation that are written anew."""

    title: Sentence | None = None
    services: list[str] | None = None
    people: list[str] | None = None
    area: list[str] | None = None
    places: dict[str, int] | None = None
    budget: str | None = None
    currency: str | None = None
    languages: list[str] | None = None
    confidential: bool | None = None
    active: bool | None = None
    checked_on: date | None = None


class OrganisationGiven(OrganisationChange):
    """A new organisation, such as `ge:dabruneba/shelter`."""

    id: str


class OrganisationShown(Shown):
    """An organisation, and what it has on its hands."""

    id: str
    title: str
    services: list[str]
    people: list[str]
    area: list[str]
    places: dict[str, int]
    taken: dict[str, int]
    budget: Decimal | None
    currency: str | None
    committed: Decimal
    spent: Decimal
    languages: list[str]
    confidential: bool
    active: bool
    checked_on: date


class Against(Shown):
    """Something that speaks against an organisation, and what to do about it."""

    code: str
    field: str
    detail: str
    advice: str


class ProposalShown(Shown):
    """An organisation to which the service may be offered: `fits`, or only `with-reason`."""

    organisation: str
    title: str
    fit: str
    reasons_for: list[str]
    against: list[Against]


class ProposalsShown(Shown):
    """The organisations for one service, the best first; `notices` are for intake alone."""

    service: str
    notices: list[str]
    found: list[ProposalShown]


class Answer(Body):
    """Whether the organisation takes the service; if not, why; if it does, what it means to spend."""

    accept: bool
    reason: Text | None = None
    cost: str | None = None
    because: Sentence | None = None


class Event(Shown):
    """One thing that happened to an assignment."""

    at: datetime
    status: str
    organisation: str | None
    by: str
    on_behalf: bool
    reason: str | None


class OfferShown(Shown):
    """A service of your organisation, with nothing that identifies the person."""

    thread: str
    service: str
    status: str
    urgency: str
    area: list[str]
    changed_at: datetime


class PartShown(Shown):
    """What your organisation was given; how to reach the person stands first."""

    rule: str
    contact: dict[str, Any]
    thread: str
    service: str
    status: str
    confidential: bool
    signed_by: str
    given_at: datetime
    classes: dict[str, dict[str, Any]]


class GivenShown(Shown):
    """That something was given, to whom, which fields, and what became of it; not the fields themselves."""

    organisation: str
    service: str
    paths: list[str]
    given_at: datetime
    given_by: str
    ended_at: datetime | None
    chased_at: datetime | None
    confirmed_at: datetime | None


Slug = Annotated[str, Field(max_length=64)]


@router.get("/organisations", tags=["organisations"])
def list_organisations(request: Request, user: CurrentUser) -> list[OrganisationShown]:
    """All organisations of this node."""
    with node_of(request).read(user) as work:
        return [_shown(one) for one in organisations.list_all(work)]


@router.post("/organisations", status_code=201, tags=["organisations"])
def add_organisation(request: Request, user: CurrentUser, given: OrganisationGiven) -> OrganisationShown:
    """Take in an organisation."""
    with node_of(request).write(user) as work:
        today = {"checked_on": work.at.date().isoformat()}
        return _shown(organisations.add(work, today | given.model_dump(mode="json", exclude_none=True)))


@router.get("/organisations/{name}", tags=["organisations"])
def show_organisation(request: Request, user: CurrentUser, name: Slug) -> OrganisationShown:
    """One organisation, by the part of its name behind the node's."""
    node = node_of(request)
    with node.read(user) as work:
        return _shown(organisations.show(work, f"{node.identity.node_id}/{name}"))


@router.patch("/organisations/{name}", tags=["organisations"])
def change_organisation(
    request: Request, user: CurrentUser, name: Slug, given: OrganisationChange
) -> OrganisationShown:
    """Write some fields of an organisation anew."""
    node = node_of(request)
    changes = given.model_dump(mode="json", exclude_none=True)
    with node.write(user) as work:
        return _shown(organisations.change(work, f"{node.identity.node_id}/{name}", changes))


@router.get("/offers", tags=["organisations"])
def list_offers(request: Request, user: CurrentUser) -> list[OfferShown]:
    """What is offered to your organisation, and what it has taken."""
    with node_of(request).read(user) as work:
        return [OfferShown.model_validate(one) for one in offers.mine(work)]


@router.get("/referrals/{thread}/services/{service}/proposals", tags=["referrals"])
def list_proposals(request: Request, user: CurrentUser, thread: str, service: str) -> ProposalsShown:
    """The organisations to which a service may be offered, the best first, with what speaks for and against each."""
    with node_of(request).read(user) as work:
        found = offers.proposals(work, thread, service)
    lines = [_proposal(one) for one in found.found]
    return ProposalsShown(service=found.service, notices=list(found.notices), found=lines)


@router.get("/referrals/{thread}/services/{service}/history", tags=["referrals"])
def list_history(request: Request, user: CurrentUser, thread: str, service: str) -> list[Event]:
    """What happened to one service: offers, answers and reports, by whom and why."""
    with node_of(request).read(user) as work:
        return [Event.model_validate(one) for one in assignments.history(work, thread, service)]


@router.post("/referrals/{thread}/services/{service}/answer", tags=["referrals"])
def answer_offer(request: Request, user: CurrentUser, thread: str, service: str, given: Answer) -> ServiceShown:
    """Take a service that was offered, or decline it; who takes it is given its part."""
    with node_of(request).write(user) as work:
        row = assignments.answer(work, thread, service, **given.model_dump())
        (found,) = (one for one in assignments.of(work, row) if one.service == service)
        return ServiceShown.model_validate(found)


@router.get("/referrals/{thread}/part", tags=["referrals"])
def read_part(request: Request, user: CurrentUser, thread: str) -> list[PartShown]:
    """What your organisation was given of this person; the look is recorded."""
    with node_of(request).write(user) as work:
        return [PartShown.model_validate(one) for one in own_part.read(work, thread)]


@router.get("/referrals/{thread}/part/{service}/file", tags=["referrals"], response_class=Response)
def export_part(request: Request, user: CurrentUser, thread: str, service: str) -> Response:
    """The same as a file, which `relevo part verify` checks with no node near."""
    with node_of(request).write(user) as work:
        return Response(own_part.export(work, thread, service), media_type=PART)


@router.get("/referrals/{thread}/part/files/{digest}", tags=["referrals"], response_class=StreamingResponse)
def read_part_file(request: Request, user: CurrentUser, thread: str, digest: str) -> StreamingResponse:
    """A file that your part names, to be saved; the look is recorded."""
    return streamed(own_part.open_file(node_of(request), user, thread, digest))


@router.get("/referrals/{thread}/given", tags=["referrals"])
def list_given(request: Request, user: CurrentUser, thread: str) -> list[GivenShown]:
    """What was given of this referral, to whom, and what became of it."""
    with node_of(request).read(user) as work:
        return [GivenShown.model_validate(one) for one in giving.given_in(work, thread)]


@router.post("/referrals/{thread}/services/{service}/give", tags=["referrals"])
def give_anew(request: Request, user: CurrentUser, thread: str, service: str) -> GivenShown:
    """Give an organisation its part again, after it was asked to erase an earlier one."""
    with node_of(request).write(user) as work:
        return GivenShown.model_validate(giving.give_anew(work, thread, service))


def _shown(one: Organisation) -> OrganisationShown:
    return OrganisationShown.model_validate(one)


def _proposal(one: Proposal) -> ProposalShown:
    return ProposalShown(
        organisation=one.organisation.id,
        title=one.organisation.title,
        fit=one.fit,
        reasons_for=list(one.reasons_for),
        against=[Against.model_validate(reason) for reason in one.against],
    )
