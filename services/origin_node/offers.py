"""Which organisation a service is offered to: proposals with reasons, and what an organisation sees of an offer.

An offer tells the organisation which service, in which area of its own, how urgent, and nothing that identifies the
person. What the person forbids is decided by `relevo.domain.organisations`, also where this node keeps no register.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select

from origin_node import organisations, statements
from origin_node.tables import AssignmentRow
from origin_node.taking import entitled
from relevo.domain.access import MAY, Act
from relevo.domain.assignment import AssignmentStatus
from relevo.domain.data_classes import DataClass
from relevo.domain.organisation_part import notices, required_for
from relevo.domain.organisation_refusals import refusal
from relevo.domain.organisations import Person, PersonKind, Proposal, consent_bars, judge, propose
from relevo.domain.referral import Status
from relevo.domain.sop import Sop, parse_sop
from relevo.domain.tasks import Task, WaitsFor
from relevo.errors import Conflict, Forbidden
from relevo.protocol.strict_json import JsonValue
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork

ASSIGNED_DURING = frozenset({Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD})
"""While a referral stands so, its services are given to organisations."""


class NothingKnown(Conflict):
    """Everything about this person was erased here, so nothing can be offered."""

    code = "nothing-to-offer"
    rule = "consent.erased-stays-erased"
    advice = "Nothing needs to be done: the person withdrew."


class NoOrganisation(Forbidden):
    """You work for the node itself and have no part of your own."""

    code = "no-organisation"
    rule = "organisation.part"
    advice = "Look at the profile of the referral; parts are for the staff of organisations."


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """The organisations for one service, the best first, and what intake alone reads of the person's wishes."""

    service: str
    found: tuple[Proposal, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A service of the user's organisation: what it sees of it in a list, before and after it has taken it."""

    thread: str
    service: str
    status: str
    urgency: str
    area: tuple[str, ...]
    changed_at: datetime


def proposals(work: UnitOfWork, thread: str, service: str) -> Proposals:
    """The organisations to which a service may be offered; what the person forbids is not among them.

    Raises:
        NothingKnown: after erasure.
    """
    row = entitled(work, thread, Act.ASSIGN_SERVICE)
    terms = referrals.terms(row)
    if terms is None:
        raise NothingKnown
    found = propose(
        service,
        _person(work, row),
        organisations.everything(work.session),
        terms,
        required=required_for(_sop(work, row), row.purpose, service),
        today=_today(work),
    )
    return Proposals(service=service, found=found, notices=notices(terms))


def require_fit(work: UnitOfWork, row: ReferralRow, service: str, organisation: str, because: str | None) -> None:
    """Whether a service may be offered to, or taken by, an organisation now.

    Raises:
        OrganisationUnknown: if there is a register, and it does not stand there.
        OrganisationUnfit: with every reason against it.
    """
    terms = referrals.terms(row)
    if terms is None:
        raise NothingKnown
    required = required_for(_sop(work, row), row.purpose, service)
    against = tuple(consent_bars(terms, organisation, required))
    if against:
        raise refusal(*against)
    if organisations.is_registered(work.session, organisation):
        known = organisations.find(work.session, organisation)
        judge(service, _person(work, row), known, terms, required=required, today=_today(work)).require(because)


def mine(work: UnitOfWork) -> list[Offer]:
    """The services that were offered to, or taken by, the organisation of the user.

    Raises:
        NoOrganisation: for staff of the node itself.
    """
    work.require(Act.ANSWER_OFFER)
    if work.user.organisation is None:
        raise NoOrganisation
    found = [one for one in _pairs(work) if one[0].organisation == work.user.organisation]
    return [_offer(work, *one) for one in found if one[0].status != AssignmentStatus.DECLINED]


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """Offers that wait for an answer, and services that no organisation has taken."""
    for found, row in _pairs(work):
        if row.status not in ASSIGNED_DURING:
            continue
        if found.status == AssignmentStatus.OFFERED and found.organisation is not None:
            yield _waits_for_answer(found)
        elif found.status in {AssignmentStatus.OFFERED, AssignmentStatus.DECLINED}:
            yield _waits_for_organisation(found)


def _waits_for_answer(found: AssignmentRow) -> Task:
    return Task(
        what="answer-offer",
        text=f"Say whether your organisation takes the service {found.service}.",
        roles=MAY[Act.ANSWER_OFFER],
        waits_for=WaitsFor.ORGANISATION,
        thread=found.thread,
        organisation=found.organisation,
        since=found.changed_at,
    )


def _waits_for_organisation(found: AssignmentRow) -> Task:
    declined = found.status == AssignmentStatus.DECLINED
    before = f"{found.organisation or 'The organisation'} declined; offer" if declined else "Offer"
    return Task(
        what="assign-service",
        text=f"{before} the service {found.service} to an organisation.",
        roles=MAY[Act.ASSIGN_SERVICE],
        thread=found.thread,
        since=found.changed_at,
    )


def _pairs(work: UnitOfWork) -> list[tuple[AssignmentRow, ReferralRow]]:
    same = (ReferralRow.peer == AssignmentRow.peer) & (ReferralRow.thread == AssignmentRow.thread)
    found = select(AssignmentRow, ReferralRow).join(ReferralRow, same)
    ordered = found.order_by(AssignmentRow.changed_at, AssignmentRow.thread, AssignmentRow.service)
    return [(one, row) for one, row in work.session.execute(ordered)]


def _offer(work: UnitOfWork, found: AssignmentRow, row: ReferralRow) -> Offer:
    known = {one.id: one for one in organisations.everything(work.session)}.get(found.organisation or "")
    return Offer(
        thread=row.thread,
        service=found.service,
        status=found.status,
        urgency=row.urgency,
        area=tuple(sorted(known.area)) if known else (),
        changed_at=found.changed_at,
    )


def _sop(work: UnitOfWork, row: ReferralRow) -> Sop:
    return parse_sop(work.session.get_one(SopRow, row.sop).text)


def _today(work: UnitOfWork) -> date:
    return work.at.astimezone(UTC).date()


def _person(work: UnitOfWork, row: ReferralRow) -> Person:
    held = {name: one.fields for name, one in statements.of(work.session, row).items()}
    identity = held.get(DataClass.IDENTITY_MIN, {})
    address = held.get(DataClass.IDENTITY_FULL, {}).get("address_origin")
    minor = _is_minor(identity, _today(work), _sop(work, row).consent.adult_from)
    kinds = {PersonKind.VULNERABLE: row.vulnerable, PersonKind.MINOR: minor}
    return Person(
        kinds=frozenset(kind for kind, is_so in kinds.items() if is_so),
        place=address if isinstance(address, str) else None,
        languages=_words(identity.get("languages")),
        confidential=row.confidential,
    )


def _is_minor(identity: Mapping[str, JsonValue], today: date, adult_from: int) -> bool:
    """Whether the person is, or by a birth year alone may be, under age."""
    born, year = identity.get("birth_date"), identity.get("birth_year")
    if isinstance(born, str):
        birth = date.fromisoformat(born)
        had_birthday = (today.month, today.day) >= (birth.month, birth.day)
        return today.year - birth.year - (not had_birthday) < adult_from
    return isinstance(year, int) and today.year - year <= adult_from


def _words(value: JsonValue) -> frozenset[str]:
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()
