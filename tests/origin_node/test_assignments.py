"""Each service has its own way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from origin_node import assignments, closing
from origin_node.assignments import AlreadyTaken, OrganisationNotNamed, ServicesOpen
from relevo.domain.access import Role
from relevo.domain.referral import IllegalStep
from relevo.errors import BadInput, NotFound
from relevo.storage import referrals
from support.origin_desk import TERMS, Desk

DESK = "ci:accueil/housing-desk"


def report(desk: Desk, service: str, *statuses: str) -> None:
    with desk.by(Role.CASE_WORKER) as work:
        for status in statuses:
            assignments.report(work, desk.thread, service, status)


def test_one_service_may_be_done_while_another_is_declined(arrived: Desk) -> None:
    report(arrived, "business-start", "accepted", "in-progress", "completed")
    report(arrived, "housing", "declined")
    with arrived.intake() as work:
        found = {one.service: one.status for one in assignments.show(work, arrived.thread)}
    assert found == {"business-start": "completed", "housing": "declined"}


def test_the_host_is_told_of_service_status_and_organisation_and_nothing_else(accepted: Desk) -> None:
    with accepted.intake() as work:
        assignments.assign(work, accepted.thread, "housing", DESK)
        told = referrals.timeline(work.session, accepted.row())[-1]
    assert told.said == {"service": "housing", "status": "offered", "organisation": DESK}


def test_a_declined_service_can_be_offered_to_another_organisation(accepted: Desk) -> None:
    with accepted.intake() as work:
        assignments.assign(work, accepted.thread, "housing", DESK)
        assignments.report(work, accepted.thread, "housing", "declined")
        assignments.assign(work, accepted.thread, "housing", "ci:accueil/shelter")
        found = [one for one in assignments.show(work, accepted.thread) if one.service == "housing"]
    assert [(one.status, one.organisation) for one in found] == [("offered", "ci:accueil/shelter")]


def test_a_service_that_was_taken_is_not_offered_again(accepted: Desk) -> None:
    report(accepted, "housing", "accepted")
    with pytest.raises(AlreadyTaken), accepted.intake() as work:
        assignments.assign(work, accepted.thread, "housing", DESK)


def test_only_an_organisation_of_this_node_is_given_a_service(accepted: Desk) -> None:
    with pytest.raises(BadInput), accepted.intake() as work:
        assignments.assign(work, accepted.thread, "housing", "gn:passage/desk")


def test_only_the_organisation_that_the_person_named_is_given_a_service(desk: Desk) -> None:
    desk.request(terms=replace(TERMS, organisation=DESK))
    desk.accept()
    with pytest.raises(OrganisationNotNamed), desk.intake() as work:
        assignments.assign(work, desk.thread, "housing", "ci:accueil/shelter")
    with desk.intake() as work:
        assignments.assign(work, desk.thread, "housing", DESK)


def test_a_service_does_not_skip_a_step(accepted: Desk) -> None:
    with pytest.raises(IllegalStep) as refusal:
        report(accepted, "housing", "completed")
    assert refusal.value.allowed == ("accepted", "declined")


def test_a_service_that_nobody_asked_for_is_not_found(accepted: Desk) -> None:
    with pytest.raises(NotFound):
        report(accepted, "school-enrolment", "accepted")


def test_nothing_is_complete_while_a_service_is_open(arrived: Desk) -> None:
    report(arrived, "housing", "declined")
    with pytest.raises(ServicesOpen, match="1 of the services") as refusal, arrived.intake() as work:
        closing.complete(work, arrived.thread)
    assert not any(service in refusal.value.detail for service in ("housing", "business-start"))
    report(arrived, "business-start", "accepted", "in-progress", "not-completed")
    with arrived.intake() as work:
        assert closing.complete(work, arrived.thread).status == "completed"
