"""What is shown of a person, and in which order."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from origin_node import profile
from origin_node.profile import KEPT_BACK, RULES
from relevo.domain.access import Role
from relevo.domain.data_classes import JsonValue
from relevo.domain.first_contact import Towards
from support.origin_desk import Desk

REACHED: Mapping[str, tuple[dict[str, JsonValue], Towards]] = {
    "somebody who may be called": ({"channel": "phone", "number": "+225 07 00 00 00 01"}, Towards.PERSON),
    "somebody behind an intermediary": (
        {"channel": "via-intermediary", "intermediary": "Invented legal aid, +225 27 00 00 00 00"},
        Towards.INTERMEDIARY,
    ),
    "somebody who wants no contact": ({"channel": "do-not-contact"}, Towards.NOBODY),
}


@pytest.mark.parametrize(("contact", "whom"), REACHED.values(), ids=REACHED)
def test_first_stands_how_to_reach(desk: Desk, contact: dict[str, JsonValue], whom: Towards) -> None:
    desk.request({"contact": contact})
    with desk.by(Role.CASE_WORKER) as work:
        found = profile.read(work, desk.thread)
    assert found.reach.rule == RULES[whom]
    assert found.reach.contact == contact
    assert "contact" not in {one.data_class for one in found.stated}


def test_whom_the_person_wants_kept_in_the_dark_stands_before_what_they_told(requested: Desk) -> None:
    with requested.intake() as work:
        terms = profile.read(work, requested.thread).terms
    assert terms is not None
    assert [(one.what, one.from_whom) for one in terms.withhold] == [("psychosocial needs", "family members")]


def test_who_is_feared_is_for_intake_alone_and_others_read_that_they_ask_there(requested: Desk) -> None:
    with requested.by(Role.CASE_WORKER) as work:
        found = profile.read(work, requested.thread)
    assert found.terms is not None
    assert (found.terms.withhold, found.kept_back) == ((), KEPT_BACK)
    assert "family members" not in repr(found)
    with requested.intake() as work:
        assert profile.read(work, requested.thread).kept_back is None


def test_a_vulnerable_person_is_marked(desk: Desk) -> None:
    desk.request({"vulnerability": {"markers": ["pregnant"]}})
    with desk.intake() as work:
        assert profile.read(work, desk.thread).vulnerable


def test_mental_health_risk_is_for_intake_and_only_named_to_a_case_worker(desk: Desk) -> None:
    desk.request({"mental-health-risk": {"level": "high"}})
    shown = {}
    for role in (Role.INTAKE, Role.CASE_WORKER):
        with desk.by(role) as work:
            shown[role] = next(one for one in profile.read(work, desk.thread).stated if "risk" in one.data_class)
    assert (shown[Role.INTAKE].readable, shown[Role.INTAKE].fields) == (True, {"level": "high"})
    assert (shown[Role.CASE_WORKER].readable, shown[Role.CASE_WORKER].fields) == (False, {})
