"""The register of organisations: what is written about each, and what it has on its hands."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from origin_node import assignments, closing, erasure, organisations
from origin_node import referrals as verbs
from origin_node.organisation_form import OrganisationInvalid, read_file
from origin_node.organisations import OrganisationKnown, OrganisationUnknown
from origin_node.tables import AssignmentRow
from relevo.domain.access import Role
from relevo.domain.organisations import Organisation
from relevo.errors import BadInput, Forbidden, RelevoError
from relevo.protocol.strict_json import JsonValue
from relevo.storage.unit_of_work import UnitOfWork
from support.origin_desk import Desk, open_desk
from support.partners import HOUSING, REGISTERS, register, worker

FORM: Mapping[str, JsonValue] = {
    "id": HOUSING,
    "title": "Housing desk (invented)",
    "services": ["housing"],
    "places": {"housing": 1},
    "budget": "1000.00",
    "currency": "EUR",
    "checked_on": "2026-11-01",
}


def found(desk: Desk) -> Organisation:
    with desk.intake() as work:
        return organisations.show(work, HOUSING)


def test_an_organisation_is_added_changed_listed_and_shown(desk: Desk) -> None:
    with desk.intake() as work:
        organisations.add(work, FORM)
        organisations.change(work, HOUSING, {"places": {"housing": 3}, "area": ["Abidjan"]})
        (one,) = organisations.list_all(work)
    assert one.title == FORM["title"]
    assert (dict(one.places), sorted(one.area)) == ({"housing": 3}, ["Abidjan"])
    assert one == found(desk)


@pytest.mark.parametrize("file", sorted(REGISTERS.glob("*.toml")), ids=lambda file: file.stem)
def test_each_sample_register_is_one(file: Path) -> None:
    forms = read_file(file.read_bytes())
    assert {form.id.partition("/")[0] for form in forms} == {file.stem.replace("-", ":", 1)}


UNFIT: Mapping[str, tuple[dict[str, JsonValue], str]] = {
    "money as a number": ({"budget": 1000}, "organisation.budget"),
    "money in no currency": ({"currency": None}, "organisation.currency"),
    "half a cent": ({"budget": "0.005"}, "organisation.budget"),
    "places for what it does not do": ({"places": {"shelter": 2}}, "organisation.places"),
    "fewer places than none": ({"places": {"housing": -1}}, "organisation.places.housing"),
    "a kind of person that nobody knows": ({"people": ["rich"]}, "organisation.people[0]"),
    "a field that is none": ({"phone": "1"}, "organisation.phone"),
    "no service": ({"services": []}, "organisation.services"),
}


@pytest.mark.parametrize(("changes", "field"), UNFIT.values(), ids=UNFIT)
def test_refused_by_its_field_is(desk: Desk, changes: dict[str, JsonValue], field: str) -> None:
    with pytest.raises(OrganisationInvalid) as refusal, desk.intake() as work:
        organisations.add(work, {**FORM, **changes})
    assert field in {reason.field for reason in refusal.value.reasons}


def test_a_file_is_taken_whole_or_not_at_all(desk: Desk) -> None:
    text = '[[organisation]]\nid = "ci:accueil/a"\n[[organisation]]\nid = 3\n'
    with pytest.raises(OrganisationInvalid) as refusal, desk.intake() as work:
        organisations.take_file(work, text.encode())
    assert {"organisation[0].title", "organisation[1].id"} <= {one.field for one in refusal.value.reasons}
    for raw in (b"\xff", b"x = 1", b"organisation = 2"):
        with pytest.raises(OrganisationInvalid), desk.intake() as work:
            organisations.take_file(work, raw)


def test_an_organisation_stands_once_and_is_one_of_this_node(desk: Desk) -> None:
    with desk.intake() as work:
        organisations.add(work, FORM)
    for form, refusal in ((FORM, OrganisationKnown), ({**FORM, "id": "gn:passage/desk"}, BadInput)):
        with pytest.raises(refusal), desk.intake() as work:
            organisations.add(work, form)
    with pytest.raises(OrganisationUnknown), desk.intake() as work:
        organisations.change(work, "ci:accueil/none", {})


@pytest.mark.parametrize("role", [Role.CASE_WORKER, Role.AUDITOR])
def test_the_register_is_not_for(desk: Desk, role: Role) -> None:
    with pytest.raises(Forbidden), desk.by(role) as work:
        organisations.list_all(work)


def test_places_and_money_go_down_at_acceptance_and_up_again(accepted: Desk) -> None:
    with accepted.intake() as work:
        organisations.add(work, FORM)
        assignments.assign(work, accepted.thread, "housing", HOUSING)
    assert (found(accepted).places_left("housing"), found(accepted).budget_left()) == (1, Decimal(1000))
    with accepted.node.write(worker(HOUSING)) as work:
        assignments.answer(work, accepted.thread, "housing", accept=True, cost="400.50")
    assert (found(accepted).places_left("housing"), found(accepted).budget_left()) == (0, Decimal("599.50"))
    with accepted.node.write(worker(HOUSING)) as work:
        assignments.report(work, accepted.thread, "housing", "in-progress")
        assignments.report(work, accepted.thread, "housing", "completed")
    one = found(accepted)
    assert (one.places_left("housing"), one.committed, one.spent) == (1, Decimal(0), Decimal("400.50"))


ENDS: Mapping[str, Callable[[UnitOfWork, str], object]] = {
    "given back": lambda work, thread: assignments.answer(work, thread, "housing", accept=False, reason="no room"),
    "withdrawn": erasure.withdraw_consent,
    "not completed": lambda work, thread: closing.not_complete(work, thread, "moved"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_place_is_free_again_when_it_is(arrived: Desk, end: str) -> None:
    with arrived.intake() as work:
        organisations.add(work, FORM)
        assignments.assign(work, arrived.thread, "housing", HOUSING)
        assignments.answer(work, arrived.thread, "housing", accept=True, cost="10")
        assert organisations.find(work.session, HOUSING).places_left("housing") == 0
        ENDS[end](work, arrived.thread)
    assert (found(arrived).places_left("housing"), found(arrived).committed) == (1, Decimal(0))


ACTS = ["offer", "accept", "decline", "in-progress", "completed", "not-completed", "hold", "resume", "withdraw"]


@settings(max_examples=12, deadline=None)
@given(acts=some.lists(some.sampled_from(ACTS), min_size=4, max_size=14))
def test_whatever_happens_in_any_order_nothing_is_lost_or_taken_twice(acts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_desk(Path(folder)) as desk:
        desk.request()
        desk.accept()
        with desk.intake() as work:
            organisations.add(work, FORM)
            verbs.start(work, desk.thread)
        spent, withdrawn = Decimal(0), False
        for act in acts:
            before = _theirs(desk)
            done = _try(desk, act)
            withdrawn |= done and act == "withdraw"
            spent += Decimal(7) if done and act == "completed" and "in-progress" in before else 0
            one = found(desk)
            standing = _theirs(desk)
            holds = not withdrawn and bool(standing & {"accepted", "in-progress"})
            assert one.places_left("housing") == (0 if holds else 1)
            assert one.committed == (7 if holds else 0)
            assert one.spent == spent
            assert one.budget_left() == Decimal(1000) - one.committed - one.spent


def _theirs(desk: Desk) -> set[str]:
    """How what was offered to the housing desk stands; what intake does itself costs it nothing."""
    return {row.status for row in _rows(desk) if row.organisation == HOUSING}


def _rows(desk: Desk) -> list[AssignmentRow]:
    with desk.intake() as work:
        return assignments.show(work, desk.thread)


def _try(desk: Desk, act: str) -> bool:
    thread = desk.thread
    try:
        with desk.intake() as work:
            match act:
                case "offer":
                    assignments.assign(work, thread, "housing", HOUSING)
                case "accept":
                    assignments.answer(work, thread, "housing", accept=True, cost="7")
                case "decline":
                    assignments.answer(work, thread, "housing", accept=False, reason="no room")
                case "hold":
                    verbs.hold(work, thread, "strike")
                case "resume":
                    verbs.resume(work, thread)
                case "withdraw":
                    erasure.withdraw_consent(work, thread)
                case _:
                    assignments.report(work, thread, "housing", act)
    except RelevoError:
        return False
    return True


def test_the_sample_register_can_be_taken_in_again(desk: Desk) -> None:
    assert register(desk.node) == register(desk.node)
