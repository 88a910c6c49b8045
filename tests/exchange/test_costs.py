"""Costs between two nodes: case 08 with its ceiling, agreed, spent; proposals that cross; what consent keeps back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from host_node import cases, consents
from host_node import costs as host_costs
from origin_node import assignments, closing
from origin_node import costs as origin_costs
from relevo.delivery import retention
from relevo.delivery.costs import CostsNotAgreed, CostsNotProposed, CostsSuperseded, CostsUnfit
from relevo.delivery.costs_view import CostsView
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.access_to_data import NotYours
from relevo.domain.disclosure import NoReturn, NotSendable
from relevo.domain.tasks import WaitsFor
from relevo.errors import Forbidden
from relevo.protocol import base64url
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.runtime import Service
from support.databases import SqliteDatabases
from support.hand_made import CLASSES, TERMS, Hand, asking, basis_of
from support.nodes import staff
from support.pairs import join_under, sop_text
from support.story import Story, changed, sample

BILL = base64url.digest(b"invented bill")


def lines(*more: JsonValue, rent: str = "900") -> JsonObject:
    """The costs of case 08, with another rent or further lines."""
    return {
        "currency": "EUR",
        "ceiling": "2000",
        "lines": [
            {"what": "rent deposit and first three months", "planned": rent, "borne_by": "host"},
            {"what": "oxygen concentrator hire", "planned": "360", "borne_by": "host"},
            {"what": "home care, first month", "planned": "300", "borne_by": "origin"},
            *more,
        ],
    }


@pytest.fixture
def sent(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Story]:
    """Case 08 sent and accepted, under the SOP of its own pair."""
    nodes = join_under(sop_text("de-rs"), services, sqlite_databases)
    story = Story(nodes=nodes)
    story.take_in(sample("08"))
    story.send()
    story.accept()
    yield story
    nodes.close()


def shown(story: Story, node: Node) -> CostsView:
    """The costs as those who lead the case at a node see them."""
    if node is story.nodes.host:
        with node.write(staff(Role.COUNSELLOR)) as work:
            return host_costs.show(work, story.thread)
    with node.write(staff(Role.INTAKE)) as work:
        return origin_costs.show(work, story.thread)


def both_see(story: Story) -> CostsView:
    """What both nodes see alike."""
    at_host, at_origin = (shown(story, node) for node in story.nodes.both)
    assert (at_host.jti, at_host.state, at_host.lines) == (at_origin.jti, at_origin.state, at_origin.lines)
    assert [(one.jti, one.state) for one in at_host.events] == [(one.jti, one.state) for one in at_origin.events]
    return at_host


def tasks_of(node: Node) -> list[tuple[str, WaitsFor]]:
    """What has to be done about costs at a node."""
    with node.read() as work:
        return [(one.what, one.waits_for) for one in host_costs.tasks(work)]


def test_the_costs_of_case_08_travel_as_the_first_proposal(sent: Story) -> None:
    found = both_see(sent)
    assert (found.state, found.currency) == ("proposed", "EUR")
    assert [found.ceiling, found.whole.planned, found.by_bearer["host"].planned] == [2000, 1560, 1260]
    assert tasks_of(sent.nodes.origin) == [("agree-costs", WaitsFor.US)]
    assert tasks_of(sent.nodes.host) == [("agree-costs", WaitsFor.PEER)]


def test_planned_agreed_spent_and_compared(sent: Story) -> None:
    sent.origin(origin_costs.agree)
    assert both_see(sent).state == "agreed"
    assert tasks_of(sent.nodes.origin) == []
    report = lines({"what": "taxi", "planned": "0", "actual": "30.50", "borne_by": "host"})
    rent = report["lines"]
    assert isinstance(rent, list)
    assert isinstance(rent[0], dict)
    rent[0]["actual"] = "940"
    sent.host(host_costs.report, report, [{"line": 0, "kind": "receipt", "digest": BILL}])
    found = both_see(sent)
    assert [one.difference for one in found.lines] == [40, None, None, found.lines[3].actual]
    assert str(found.by_bearer["host"].difference) == "-289.50"
    (reported,) = [one for one in found.events if one.kind == "report"]
    assert reported.proofs == [{"line": 0, "kind": "receipt", "digest": BILL}]


def test_what_was_not_reported_is_a_task_when_assistance_has_ended(sent: Story) -> None:
    sent.origin(origin_costs.agree)
    sent.nodes.clock.move(timedelta(days=45))
    sent.arrive()
    for service in ("social-protection:pension-transfer", "housing", "home-care"):
        sent.origin(assignments.report, service, "declined")
    sent.origin(closing.complete)
    assert tasks_of(sent.nodes.host) == [("report-costs", WaitsFor.US)]
    sent.origin(closing.close, "completed", {"absent_reason": "could not be reached"})
    care: JsonObject = {"what": "home care, first month", "planned": "300", "actual": "310", "borne_by": "origin"}
    sent.origin(origin_costs.report, {"currency": "EUR", "lines": [care]})
    assert tasks_of(sent.nodes.origin) == []
    assert both_see(sent).by_bearer["origin"].difference == 10


def test_proposals_that_cross_leave_the_same_one_standing_and_the_other_readable(sent: Story) -> None:
    with sent.at_host() as work:
        host_costs.plan(work, sent.thread, lines(rent="800"))
    with sent.at_origin() as work:
        origin_costs.plan(work, sent.thread, lines(rent="700"))
    sent.nodes.deliver()
    found = both_see(sent)
    plans = [one for one in found.events if one.kind == "plan"]
    assert [one.state for one in plans] == ["superseded", "superseded", "proposed"]
    assert found.jti == max(one.jti for one in plans)


def test_an_agreement_that_crosses_a_newer_proposal_agrees_to_nothing_that_stands(sent: Story) -> None:
    with sent.at_origin() as work:
        origin_costs.agree(work, sent.thread)
    with sent.at_host() as work:
        host_costs.plan(work, sent.thread, lines(rent="800"))
    sent.nodes.deliver()
    found = both_see(sent)
    assert found.state == "proposed"
    assert [(one.state, one.agreed_by is not None) for one in found.events] == [
        ("superseded", True),
        ("proposed", False),
    ]
    sent.origin(origin_costs.agree, found.jti)
    assert both_see(sent).state == "agreed"


def test_nobody_agrees_to_what_is_superseded_or_to_their_own(sent: Story) -> None:
    first = both_see(sent).jti
    sent.host(host_costs.plan, lines(rent="800"))
    with sent.at_origin() as work, pytest.raises(CostsSuperseded):
        origin_costs.agree(work, sent.thread, first)
    with sent.at_host() as work, pytest.raises(CostsNotProposed):
        host_costs.agree(work, sent.thread)
    with sent.at_host() as work, pytest.raises(CostsNotAgreed):
        host_costs.report(work, sent.thread, lines())


def test_a_sum_over_the_ceiling_is_refused_naming_both(sent: Story) -> None:
    with sent.at_origin() as work, pytest.raises(CostsUnfit, match=r"2160 EUR, is over .* 2000 EUR"):
        origin_costs.plan(work, sent.thread, lines(rent="1500"))


def test_a_case_whose_costs_are_over_the_ceiling_is_not_sent(
    sqlite_databases: SqliteDatabases, services: tuple[Service, Service]
) -> None:
    nodes = join_under(sop_text("de-rs"), services, sqlite_databases)
    story = Story(nodes=nodes)
    story.take_in(changed(sample("08"), "costs", ceiling=1000))
    assert "costs.ceiling" in {reason.field for reason in story.preview().reasons}
    with pytest.raises(NotSendable, match="over the ceiling"):
        story.send()
    nodes.close()


def test_what_the_person_does_not_let_return_is_not_proposed(
    sqlite_databases: SqliteDatabases, services: tuple[Service, Service]
) -> None:
    nodes = join_under(sop_text("de-rs"), services, sqlite_databases)
    story, case = Story(nodes=nodes), sample("08")
    given = case["consent"]
    assert isinstance(given, list)
    for one in given:
        assert isinstance(one, dict)
        one["outcomes_may_return"] = False
    story.take_in(case)
    story.send()
    with story.at_origin() as work, pytest.raises(NoReturn):
        origin_costs.plan(work, story.thread, lines())
    with story.at_origin() as work, pytest.raises(NoReturn):
        origin_costs.agree(work, story.thread)
    nodes.close()


def test_costs_are_for_those_who_may_see_them(sent: Story) -> None:
    with sent.at_origin(Role.CLINICIAN) as work, pytest.raises(NotYours):
        origin_costs.show(work, sent.thread)
    with sent.at_origin(Role.AUDITOR) as work, pytest.raises(Forbidden):
        origin_costs.show(work, sent.thread)
    with sent.at_origin(Role.CASE_WORKER) as work, pytest.raises(Forbidden):
        origin_costs.plan(work, sent.thread, lines())


def test_after_a_withdrawal_costs_stay_as_long_as_the_procedure_obliges_and_then_go(sent: Story) -> None:
    sent.origin(origin_costs.agree)
    sent.host(host_costs.plan, lines(rent="800"))
    with sent.at_host() as work:
        (first, _) = consents.rows_of(work, cases.find(work, sent.case))
        consents.withdraw(work, first.id)
    sent.nodes.deliver()
    for node in sent.nodes.both:
        (said,) = [entry.said for entry in sent.timeline(node) if (entry.step, entry.side) == ("erased", "origin")]
        assert said["kept"] == [{"data_class": "costs", "until": "2031-11-21"}]
        assert len(shown(sent, node).lines) == 3
    sent.nodes.clock.move(timedelta(days=1826))
    for node in sent.nodes.both:
        with node.write(staff(Role.ADMINISTRATOR)) as work:
            retention.run(work, node.holdings)
        found = shown(sent, node)
        assert (found.jti, found.lines) == (None, ())
        assert len(found.events) == 2


def test_the_receiver_refuses_what_an_honest_sender_would_not_have_sent(hand: Hand) -> None:
    terms = replace(TERMS, classes=CLASSES | {"costs"})
    hand.basis = basis_of(terms)
    given: JsonObject = {"currency": "EUR", "ceiling": "100"}
    line: JsonObject = {"what": "rent", "planned": "200", "borne_by": "host"}
    needs: JsonObject = {"social": ["housing"]}
    hidden = asking(terms, needs=needs, costs={**given, "lines": [line]})
    assert hand.say(hidden).told == ("refused", "costs-unfit")
    cheaper = asking(terms, needs=needs, costs={**given, "lines": [{**line, "planned": "100"}]})
    assert hand.say(cheaper).told == ("stored", None)
