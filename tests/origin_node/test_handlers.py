"""What an origin does with the steps of a host."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from origin_node import assignments, profile
from origin_node import referrals as verbs
from origin_node.handlers import HANDLERS
from relevo.domain.sides import Side
from relevo.messages.registry import MESSAGES, NODE_KIND, spoken_by
from support.origin_desk import Desk


def test_every_step_of_a_host_has_a_handler_and_no_other() -> None:
    assert set(HANDLERS) == {step for step in spoken_by(Side.HOST) if MESSAGES[step].kind != NODE_KIND}


def test_a_request_is_kept_class_by_class_with_when_and_in_which_message(requested: Desk) -> None:
    with requested.intake() as work:
        found = profile.read(work, requested.thread)
    assert [one.data_class for one in found.stated] == ["identity-min", "travel", "needs"]
    assert {(one.stated_by, one.stated_at, one.jti) for one in found.stated} == {
        ("es:retorno", requested.clock.now(), requested.came[0])
    }


def test_every_requested_service_is_offered(requested: Desk) -> None:
    with requested.intake() as work:
        found = [(one.service, one.status, one.organisation) for one in assignments.show(work, requested.thread)]
    assert found == [("business-start", "offered", None), ("housing", "offered", None)]


def test_an_answer_replaces_the_classes_that_came_and_leaves_the_others(requested: Desk) -> None:
    with requested.intake() as work:
        verbs.acknowledge(work, requested.thread)
        verbs.ask(work, requested.thread, "Where will she live?", ["needs"])
    requested.later(hours=3)
    requested.learn("answered", {"answer": "With her sister."}, {"needs": {"social": ["school-enrolment"]}})
    with requested.intake() as work:
        stated = {one.data_class: one for one in profile.read(work, requested.thread).stated}
        services = [one.service for one in assignments.show(work, requested.thread)]
    assert stated["needs"].fields == {"social": ["school-enrolment"]}
    assert stated["needs"].stated_at > stated["travel"].stated_at
    assert services == ["business-start", "housing", "school-enrolment"]


def test_a_wish_not_to_be_contacted_that_comes_in_an_answer_is_heeded_at_once(requested: Desk) -> None:
    with requested.intake() as work:
        verbs.acknowledge(work, requested.thread)
        verbs.ask(work, requested.thread, "May we call her?", ["contact"])
    requested.learn("answered", {"answer": "No."}, {"contact": {"channel": "do-not-contact"}})
    with requested.intake() as work:
        assert profile.read(work, requested.thread).reach.rule.startswith("Do not contact")


def test_a_changed_journey_moves_the_day_on_which_arrival_is_due(requested: Desk) -> None:
    travel = {"return_type": "voluntary", "arrival_at": "2026-12-20T08:00:00+00:00", "port": "ABJ"}
    requested.learn("journey-changed", {}, {"travel": travel})
    assert requested.row().planned_arrival == datetime(2026, 12, 20, 8, tzinfo=UTC)
    assert requested.row().journey == "changed"


@pytest.mark.parametrize(
    ("step", "words", "status"),
    [
        pytest.param("cancelled", {}, "cancelled", id="the host takes the referral back"),
        pytest.param("departed", {"at": "2026-11-23T08:00:00Z"}, "requested", id="the person has left"),
        pytest.param("journey-cancelled", {}, "requested", id="there will be no journey"),
    ],
)
def test_what_needs_nothing_of_this_node_stands_on_the_timeline(
    requested: Desk, step: str, words: dict[str, str], status: str
) -> None:
    requested.learn(step, words)
    assert requested.row().status == status
    with requested.intake() as work:
        assert profile.read(work, requested.thread).stated
