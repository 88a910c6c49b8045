"""Offers: whom the software proposes, who answers, what is recorded, and who is refused whatever is said for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from origin_node import assignments, offers, organisations
from origin_node.offers import NoOrganisation
from origin_node.organisations import OrganisationUnknown
from relevo.domain.access import Role
from relevo.domain.consent import Withheld
from relevo.domain.organisation_refusals import (
    OrganisationFull,
    OrganisationNotNamed,
    OrganisationUnfit,
    OrganisationWithheld,
    OutsideMandate,
)
from relevo.domain.tasks import WaitsFor
from relevo.errors import BadInput, NotFound
from support.origin_desk import TERMS, Desk
from support.partners import FUND, HOUSING, SHELTER, register, worker


@pytest.fixture
def offering(accepted: Desk) -> Desk:
    """An origin with the sample register, that has accepted a referral for housing and a business."""
    register(accepted.node)
    return accepted


def proposed(desk: Desk, service: str = "housing") -> list[str]:
    with desk.intake() as work:
        return [one.organisation.id for one in offers.proposals(work, desk.thread, service).found]


def test_the_software_proposes_who_does_that(offering: Desk) -> None:
    assert proposed(offering) == [HOUSING, SHELTER]
    assert proposed(offering, "business-start") == [FUND]


def test_whom_the_person_withholds_it_from_is_not_proposed_and_is_refused_whatever_is_said(desk: Desk) -> None:
    desk.request(terms=replace(TERMS, withhold=(Withheld("everything", HOUSING), Withheld("a thing", "an uncle"))))
    desk.accept()
    register(desk.node)
    assert proposed(desk) == [SHELTER]
    with desk.intake() as work:
        assert offers.proposals(work, desk.thread, "housing").notices == ("Withhold a thing from an uncle.",)
    for because in (None, "They asked for it"):
        with pytest.raises(OrganisationWithheld), desk.intake() as work:
            assignments.assign(work, desk.thread, "housing", HOUSING, because=because)


def test_only_whom_the_person_named_is_proposed(desk: Desk) -> None:
    desk.request(terms=replace(TERMS, organisation=SHELTER))
    desk.accept()
    register(desk.node)
    assert (proposed(desk), proposed(desk, "business-start")) == ([SHELTER], [])
    with pytest.raises(OrganisationNotNamed), desk.intake() as work:
        assignments.assign(work, desk.thread, "housing", HOUSING, because="Nearer")


REFUSED = {
    "another mandate": (FUND, OutsideMandate),
    "an organisation that does not stand in the register": ("ci:accueil/nobody", OrganisationUnknown),
    "an organisation of another node": ("gn:passage/desk", BadInput),
}


@pytest.mark.parametrize(("organisation", "refusal"), REFUSED.values(), ids=REFUSED)
def test_housing_is_not_offered_to(offering: Desk, organisation: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal), offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", organisation, because="Please")


def test_a_full_one_is_offered_it_only_with_a_reason_which_is_kept(offering: Desk) -> None:
    with offering.intake() as work:
        organisations.change(work, HOUSING, {"places": {"housing": 0}})
    with pytest.raises(OrganisationFull), offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", HOUSING)
    with offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", HOUSING, because="A flat is free on Monday")
    with offering.node.write(worker(HOUSING)) as work:
        assignments.answer(work, offering.thread, "housing", accept=True)
    with offering.intake() as work:
        assert assignments.history(work, offering.thread, "housing")[0].reason == "A flat is free on Monday"


def test_who_declines_says_why_and_the_next_one_is_asked_and_all_of_it_is_kept(offering: Desk) -> None:
    with offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", HOUSING)
    with pytest.raises(BadInput, match="why"), offering.node.write(worker(HOUSING)) as work:
        assignments.answer(work, offering.thread, "housing", accept=False)
    with offering.node.write(worker(HOUSING)) as work:
        assignments.answer(work, offering.thread, "housing", accept=False, reason="No flat on the ground floor")
    with offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", SHELTER)
        assignments.answer(work, offering.thread, "housing", accept=True)
        kept = assignments.history(work, offering.thread, "housing")
    assert [(one.organisation, one.status, one.by, one.on_behalf) for one in kept] == [
        (HOUSING, "offered", "inza", False),
        (HOUSING, "declined", "worker-of-housing-desk", False),
        (SHELTER, "offered", "inza", False),
        (SHELTER, "accepted", "inza", True),
    ]


def test_nobody_answers_or_reports_for_another_organisation(offering: Desk) -> None:
    with offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", HOUSING)
        assignments.assign(work, offering.thread, "business-start", FUND)
    for service, thread in (("housing", offering.thread), ("business-start", "0" * 36)):
        with pytest.raises(NotFound), offering.node.write(worker(FUND)) as work:
            assignments.answer(work, thread, service, accept=True)
    with pytest.raises(NotFound), offering.node.write(worker(SHELTER)) as work:
        assignments.report(work, offering.thread, "housing", "accepted")


def test_an_offer_shows_nothing_that_identifies(offering: Desk) -> None:
    with offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", HOUSING)
    with offering.node.read(worker(HOUSING)) as work:
        (offer,) = offers.mine(work)
    shown = (offer.thread, offer.service, offer.status, offer.urgency, offer.area)
    assert shown == (offering.thread, "housing", "offered", "routine", ("Abidjan", "Bouaké"))
    with offering.node.read(worker(SHELTER)) as work:
        assert offers.mine(work) == []
    with pytest.raises(NoOrganisation), offering.intake() as work:
        offers.mine(work)


def test_what_waits_for_an_organisation_and_what_nobody_has_taken_are_tasks(offering: Desk) -> None:
    with offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", HOUSING)
        found = {one.what: one for one in offers.tasks(work)}
    answer, assign = found["answer-offer"], found["assign-service"]
    assert (answer.organisation, answer.waits_for) == (HOUSING, WaitsFor.ORGANISATION)
    assert (list(assign.roles), assign.thread) == ([Role.INTAKE], offering.thread)
    assert "business-start" in assign.text


def test_a_cost_is_money_that_is_there(offering: Desk) -> None:
    with offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", HOUSING)
    for cost in ("18000.01", "-1", "1e3", "much"):
        with pytest.raises(BadInput), offering.node.write(worker(HOUSING)) as work:
            assignments.answer(work, offering.thread, "housing", accept=True, cost=cost)


def test_what_the_person_forbade_meanwhile_cannot_be_accepted(offering: Desk) -> None:
    with offering.intake() as work:
        assignments.assign(work, offering.thread, "housing", HOUSING)
        organisations.change(work, HOUSING, {"active": False})
    with pytest.raises(OrganisationUnfit), offering.node.write(worker(HOUSING)) as work:
        assignments.answer(work, offering.thread, "housing", accept=True)
