"""The routes that both kinds of node have: who I am, peers, referrals with their timeline, evidence."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, model_validator

from relevo.delivery import clinical, duties, evidence, registration, steps, undelivered
from relevo.delivery.transport import Transport
from relevo.domain.access import Act
from relevo.domain.contact_list import ContactPoint
from relevo.domain.deadlines import DueState
from relevo.storage import peers, referrals
from relevo.storage.tables import DutyRow, PeerRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork
from relevo.web.access import CurrentUser, node_of

EVIDENCE = "application/x-relevo-evidence"

router = APIRouter(prefix="/api")


class Body(BaseModel):
    """What a request says; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Me(BaseModel):
    """The user whose token was sent, and the node that was asked."""

    name: str
    role: str | None
    node: str
    now: datetime


class Peer(BaseModel):
    """A peer and how far its registration has come."""

    model_config = ConfigDict(from_attributes=True)

    node_id: str
    state: str
    endpoint: str
    confirmed_by: str | None
    last_problem: str | None
    next_attempt_at: datetime | None
    skew_seconds: int | None


class StatementGiven(Body):
    """A peer's statement, as its administrator handed it over."""

    statement: str


class Fingerprint(BaseModel):
    """What both administrators read to each other."""

    words: list[str]
    digits: list[str]


class FingerprintTyped(Body):
    """The fingerprint that the other administrator read aloud, as words or digits."""

    fingerprint: str


class Entry(BaseModel):
    """One line of a timeline; `delivery` tells how its message stands, `next` what to do about a `problem` with it."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    step: str
    side: str
    who: str
    late: bool
    said: dict[str, Any]
    status: str
    jti: str | None
    delivery: str
    receipted_at: datetime | None
    receipt: str | None
    problem: str | None
    next: str | None = None

    @model_validator(mode="after")
    def _say_what_to_do(self) -> Self:
        """Beside the code of a problem, what to do about it."""
        self.next = undelivered.next_step(self.delivery, self.problem)
        return self


class Asked(BaseModel):
    """Whom to phone about something that is overdue, from the contact list of the other side."""

    organisation: str
    name: str
    role: str
    phone: str
    mail: str | None


class Due(BaseModel):
    """Something that is due, or was; `ask` names whom to phone once it is overdue at the other side."""

    duty: str
    side: str
    due_at: datetime
    done_at: datetime | None
    state: DueState
    ask: Asked | None = None


class Referral(BaseModel):
    """Where a referral stands, and what may be done now."""

    peer: str
    thread: str
    status: str
    journey: str
    urgency: str
    purpose: str
    without_consent: bool
    services: list[str]
    confidential: bool
    vulnerable: bool
    planned_arrival: datetime | None
    arrived_at: datetime | None
    allowed: list[str]
    next_due: Due | None
    overdue: bool
    unanswered: bool


class Counts(BaseModel):
    """How many referrals stand where."""

    by_status: dict[str, int]
    unanswered: int


class Timeline(BaseModel):
    """A referral with everything that happened in it and all that is or was due."""

    referral: Referral
    entries: list[Entry]
    duties: list[Due]


@router.get("/me", tags=["node"])
def me(request: Request, user: CurrentUser) -> Me:
    """Who I am to this node, and what time it has."""
    node = node_of(request)
    return Me(name=user.name, role=user.role, node=node.identity.node_id, now=node.clock.now())


@router.get("/peers", tags=["node"])
def list_peers(request: Request, user: CurrentUser) -> list[Peer]:
    """All peers."""
    with node_of(request).read(user) as work:
        work.require(Act.REGISTER_PEER)
        return [_peer(row) for row in peers.everybody(work.session)]


@router.post("/peers", status_code=201, tags=["node"])
def add_peer(request: Request, user: CurrentUser, given: StatementGiven) -> Fingerprint:
    """Propose a peer from its statement; compare the fingerprint with its administrator by phone."""
    with node_of(request).write(user) as work:
        found = registration.add(work, given.statement)
    return Fingerprint(words=list(found.words), digits=list(found.digits))


@router.post("/peers/{node_id}/confirm", tags=["node"])
def confirm_peer(request: Request, user: CurrentUser, node_id: str, typed: FingerprintTyped) -> Peer:
    """Confirm the fingerprint, and let the peer prove that it holds its keys."""
    node, transport = node_of(request), _transport(request)
    with node.write(user) as work:
        registration.verify(work, node_id, typed.fingerprint)
    registration.activate(node, transport, node_id)
    with node.read(user) as work:
        return _peer(peers.find(work.session, node_id))


@router.get("/referrals", tags=["referrals"])
def list_referrals(request: Request, user: CurrentUser, *, unanswered: bool = False) -> list[Referral]:
    """What you may see, all or those that wait for a decision past its time; those with the nearest deadline first."""
    node = node_of(request)
    with node.read(user) as work:
        work.require(Act.LIST)
        everything = [describe(work, row) for row in node.referrals(work)]
        found = [one for one in everything if one.unanswered or not unanswered]
    return sorted(found, key=lambda one: (one.next_due is None, one.next_due and one.next_due.due_at, one.thread))


@router.get("/referral-counts", tags=["referrals"])
def count_referrals(request: Request, user: CurrentUser) -> Counts:
    """How many referrals stand where; `unanswered` are counted apart, and are among none of those declined."""
    node = node_of(request)
    with node.read(user) as work:
        work.require(Act.LIST)
        rows = node.referrals(work)
        waiting = sum(duties.is_unanswered_now(work, row) for row in rows)
        return Counts(by_status=dict(Counter(row.status for row in rows)), unanswered=waiting)


@router.get("/referrals/{thread}", tags=["referrals"])
def timeline(request: Request, user: CurrentUser, thread: str) -> Timeline:
    """One referral: where it stands, everything that happened with the receipt of each message, and what is due."""
    node = node_of(request)
    with node.read(user) as work:
        work.require(Act.READ_TIMELINE)
        row = node.referral(work, thread)
        return Timeline(
            referral=describe(work, row),
            entries=[
                Entry.model_validate(entry)
                for entry in clinical.readable(work, row, referrals.timeline(work.session, row))
            ],
            duties=[_due(work, row, duty) for duty in referrals.duties(work.session, row) if not duty.dropped],
        )


@router.get("/referrals/{thread}/evidence", tags=["evidence"], response_class=Response)
def export_evidence(request: Request, user: CurrentUser, thread: str) -> Response:
    """The evidence of one referral, without personal data; `relevo verify` checks it off line."""
    node = node_of(request)
    with node.read(user) as work:
        work.require(Act.EXPORT_EVIDENCE)
        return Response(evidence.export(work, node.referral(work, thread).thread), media_type=EVIDENCE)


def describe(work: UnitOfWork, row: ReferralRow) -> Referral:
    """Where a referral stands, for a list or a page."""
    due = referrals.next_duty(work.session, row)
    return Referral(
        peer=row.peer,
        thread=row.thread,
        status=row.status,
        journey=row.journey,
        urgency=row.urgency,
        purpose=row.purpose,
        without_consent=referrals.rests_on_exception(row),
        services=row.services,
        confidential=row.confidential,
        vulnerable=row.vulnerable,
        planned_arrival=row.planned_arrival,
        arrived_at=row.arrived_at,
        allowed=list(steps.allowed_now(row, work.identity.side)),
        next_due=_due(work, row, due) if due else None,
        overdue=due is not None and due.due_at < work.at,
        unanswered=duties.is_unanswered_now(work, row),
    )


def _due(work: UnitOfWork, row: ReferralRow, duty: DutyRow) -> Due:
    found = duties.whom_to_ask(work, row, duty)
    return Due(
        duty=duty.duty,
        side=duty.side,
        due_at=duty.due_at,
        done_at=duty.done_at,
        state=duties.standing(duty, work.at),
        ask=_asked(*found) if found else None,
    )


def _asked(organisation: str, point: ContactPoint) -> Asked:
    return Asked(organisation=organisation, name=point.name, role=point.role, phone=point.phone, mail=point.mail)


def _peer(row: PeerRow) -> Peer:
    return Peer.model_validate(row)


def _transport(request: Request) -> Transport:
    transport: Transport = request.app.state.transport
    return transport
