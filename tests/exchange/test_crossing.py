"""Steps of both sides that cross on the way, one named case for each way in which they once led astray."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from host_node import cases, consent_changes, consents, corrections
from host_node import costs as host_costs
from host_node import referrals as host
from origin_node import closing, erasure, first_contact, journey, reassessment
from origin_node import consents as origin_consents
from origin_node import costs as origin_costs
from origin_node import referrals as origin
from relevo.delivery.node import Node
from relevo.domain.consent import Account
from relevo.domain.journey import Journey
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.verification import verify_evidence
from support.story import Story
from support.traces import rows_of, traces

NEW_ARRIVAL, NEW_FLIGHT = "2026-12-18T19:35:00+00:00", "IB7730"


def owed(story: Story, node: Node) -> dict[str, datetime]:
    return {one.duty: one.due_at for one in story.duties(node) if one.done_at is None and not one.dropped}


def both_owe(story: Story) -> dict[str, datetime]:
    """What is due, which is the same on both nodes."""
    here, there = (owed(story, node) for node in story.nodes.both)
    assert here == there
    return here


def require_taken(story: Story) -> None:
    """Nobody refused the other anything, and what happened can be proven on both nodes."""
    story.later(days=1)
    story.nodes.deliver()
    for node in story.nodes.both:
        assert {entry.delivery for entry in story.timeline(node)} <= {"stored", "held", "kept-here"}
        assert {entry.problem for entry in story.timeline(node)} & {"due-differs"} == set()
        assert verify_evidence(story.evidence(node)).ok


def test_who_says_nobody_came_has_not_answered_for_a_flight_that_they_did_not_know(sent: Story) -> None:
    with sent.at_host() as work:
        host.change_journey(work, sent.thread, {"arrival_at": NEW_ARRIVAL})
    with sent.at_origin() as work:
        journey.not_arrived(work, sent.thread, "no-show")
    sent.nodes.deliver()
    assert both_owe(sent)["confirm-arrival"].isoformat() == "2026-12-19T19:35:00+00:00"
    assert {sent.row(node).journey for node in sent.nodes.both} == {Journey.CHANGED}
    require_taken(sent)


def test_a_correction_that_knew_of_no_wrong_number_does_not_answer_it(sent: Story) -> None:
    sent.accept()
    with sent.at_host() as work:
        case = cases.find(work, sent.case)
        contact = case.record["contact"]
        assert isinstance(contact, dict)
        corrections.correct_case(work, case, "contact", {**contact, "channel": "email"}, "prefers mail")
        corrections.correct(work, sent.thread, ["contact"], "prefers mail")
    with sent.at_origin() as work:
        first_contact.record(work, sent.thread, at=work.at, channel="phone", outcome="wrong-number")
    sent.nodes.deliver()
    assert "correct-contact" in both_owe(sent)
    require_taken(sent)


def test_a_wish_not_to_be_contacted_that_crosses_the_arrival_stops_the_clock_on_both_nodes(sent: Story) -> None:
    sent.accept()
    with sent.at_host() as work:
        case = cases.find(work, sent.case)
        contact = case.record["contact"]
        assert isinstance(contact, dict)
        corrections.correct_case(work, case, "contact", {**contact, "channel": "do-not-contact"}, "is in danger")
        corrections.correct(work, sent.thread, ["contact"], "is in danger")
    with sent.at_origin() as work:
        journey.confirm_arrival(work, sent.thread, work.at)
    sent.nodes.deliver()
    assert "first-contact" not in both_owe(sent)
    require_taken(sent)


def test_what_crosses_a_withdrawal_is_stored_and_leaves_no_words(sent: Story) -> None:
    sent.accept()
    with sent.at_origin() as work:
        erasure.withdraw_consent(work, sent.thread)
    sent.nodes.transport.drop_next_answer()
    with sent.at_host() as work:
        host.change_journey(work, sent.thread, {"flight": NEW_FLIGHT})
    sent.nodes.transport.disconnect(sent.nodes.host)
    sent.nodes.deliver()
    sent.nodes.transport.connect(sent.nodes.host)
    require_taken(sent)
    assert {sent.row(node).status for node in sent.nodes.both} == {"erased"}
    for node in sent.nodes.both:
        assert traces(rows_of(node, "case_file", "case_history"), [NEW_FLIGHT]) == []


def costs(planned: str, **more: str) -> JsonObject:
    line: JsonObject = {"what": "rent of a room", "planned": planned, "borne_by": "host", **more}
    return {"currency": "EUR", "lines": [line]}


def test_a_report_of_costs_that_crosses_a_newer_proposal_is_kept(costed: Story) -> None:
    costed.host(host_costs.plan, costs("100"))
    costed.origin(origin_costs.agree)
    with costed.at_host() as work:
        host_costs.plan(work, costed.thread, costs("150"))
    with costed.at_origin() as work:
        origin_costs.report(work, costed.thread, costs("100", actual="90"))
    costed.nodes.deliver()
    require_taken(costed)
    with costed.at_host() as work:
        kinds = sorted(one.kind for one in host_costs.show(work, costed.thread).events)
    assert kinds == ["plan", "plan", "report"]


def test_costs_that_cross_a_consent_that_no_longer_covers_them_are_not_kept(costed: Story) -> None:
    with costed.at_host() as work:
        host_costs.plan(work, costed.thread, costs("100"))
    with costed.at_origin() as work:
        taken = Account(language="fr", taken_on=date(2026, 11, 22))
        origin_consents.narrow(work, costed.thread, taken, without=["costs"])
    costed.nodes.deliver()
    require_taken(costed)
    for node in costed.nodes.both:
        assert traces(rows_of(node, "case_file", "case_history"), ["rent of a room"]) == []


def test_a_message_that_was_held_after_an_attempt_stands_in_the_evidence(sent: Story) -> None:
    sent.accept()
    sent.nodes.transport.disconnect(sent.nodes.host)
    with sent.at_origin() as work:
        origin.start(work, sent.thread)
        closing.not_complete(work, sent.thread, "moved")
    sent.nodes.deliver()
    sent.nodes.transport.connect(sent.nodes.host)
    with sent.at_host() as work:
        (row,) = consents.rows_of(work, cases.find(work, sent.case))
        taken = Account(language="fr", taken_on=work.at.date())
        consent_changes.let_nothing_return(work, row.id, taken)
    sent.nodes.clock.move(timedelta(hours=7))
    sent.nodes.deliver()
    assert {entry.delivery for entry in sent.timeline(sent.nodes.origin)} == {"stored", "held"}
    require_taken(sent)


def narrow(story: Story, *without: str) -> None:
    """The person takes classes back at the host."""
    with story.at_host() as work:
        row = consents.rows_of(work, cases.find(work, story.case))[-1]
        taken = Account(language="fr", taken_on=work.at.date())
        consent_changes.narrow(work, row.id, taken, without=without)


def test_what_was_entered_in_error_right_after_a_narrowing_is_heard(sent: Story) -> None:
    narrow(sent, "travel")
    with sent.at_host() as work:
        host.enter_in_error(work, sent.thread)
    sent.nodes.deliver()
    assert sent.row(sent.nodes.origin).status == "entered-in-error"
    require_taken(sent)


def test_what_rests_on_a_change_that_crossed_a_withdrawal_is_no_fault(sent: Story) -> None:
    narrow(sent, "travel")
    with sent.at_host() as work:
        case = cases.find(work, sent.case)
        contact = case.record["contact"]
        assert isinstance(contact, dict)
        corrections.correct_case(work, case, "contact", {**contact, "channel": "email"}, "prefers mail")
        corrections.correct(work, sent.thread, ["contact"], "prefers mail")
    with sent.at_origin() as work:
        erasure.withdraw_consent(work, sent.thread)
    sent.nodes.deliver()
    require_taken(sent)


def test_a_class_that_is_taken_back_does_not_undo_the_journey_and_nobody_calls_without_contact(sent: Story) -> None:
    sent.accept()
    sent.arrive()
    before = both_owe(sent)
    narrow(sent, "travel", "contact")
    sent.nodes.deliver()
    for node in sent.nodes.both:
        row = sent.row(node)
        assert (row.journey, row.contact_channel, row.arrived_at is not None) == (
            Journey.ARRIVED,
            "do-not-contact",
            True,
        )
    assert both_owe(sent) == before
    require_taken(sent)


def test_costs_stay_open_to_services_whose_needs_were_taken_back_meanwhile(costed: Story) -> None:
    with costed.at_host() as work:
        host_costs.plan(work, costed.thread, costs("100"))
    with costed.at_origin() as work:
        taken = Account(language="fr", taken_on=work.at.date())
        origin_consents.narrow(work, costed.thread, taken, without=["needs"])
    costed.nodes.deliver()
    require_taken(costed)


def test_the_host_keeps_its_own_proposal_where_nothing_may_return(costed: Story) -> None:
    costed.host(host_costs.plan, costs("100"))
    with costed.at_host() as work:
        row = consents.rows_of(work, cases.find(work, costed.case))[-1]
        consent_changes.let_nothing_return(work, row.id, Account(language="fr", taken_on=work.at.date()))
    costed.nodes.deliver()
    with costed.at_host() as work:
        assert [one.what for one in host_costs.show(work, costed.thread).lines] == ["rent of a room"]
    require_taken(costed)


def test_costs_that_were_taken_back_before_they_left_arrive_as_a_bare_step(costed: Story) -> None:
    with costed.at_origin() as work:
        origin_costs.plan(work, costed.thread, costs("100"))
        taken = Account(language="fr", taken_on=work.at.date())
        origin_consents.narrow(work, costed.thread, taken, without=["costs"])
    costed.nodes.deliver()
    require_taken(costed)


def test_two_steps_of_the_host_that_cross_something_else_are_taken_in_their_order(sent: Story) -> None:
    with sent.at_origin() as work:
        origin.acknowledge(work, sent.thread)
    with sent.at_host() as work:
        host.change_journey(work, sent.thread, {"arrival_at": NEW_ARRIVAL})
        host.depart(work, sent.thread, work.at)
    sent.nodes.deliver()
    assert {sent.row(node).journey for node in sent.nodes.both} == {Journey.DEPARTED}
    require_taken(sent)


def test_two_steps_of_the_host_that_cross_a_no_show_lead_both_to_the_same(sent: Story) -> None:
    with sent.at_origin() as work:
        journey.not_arrived(work, sent.thread, "no-show")
    with sent.at_host() as work:
        host.change_journey(work, sent.thread, {"arrival_at": NEW_ARRIVAL})
        host.depart(work, sent.thread, work.at)
    sent.nodes.deliver()
    assert len({sent.row(node).journey for node in sent.nodes.both}) == 1
    both_owe(sent)
    require_taken(sent)


def test_what_the_person_took_back_is_not_written_down_anew(sent: Story) -> None:
    sent.accept()
    narrow(sent, "needs")
    sent.nodes.deliver()
    with sent.at_origin() as work, pytest.raises(reassessment.TakenBack):
        reassessment.reassess(work, sent.thread, {"needs": {"social": ["housing"]}})


@pytest.mark.parametrize("is_told", [True, False], ids=["told of it", "not yet told of it"])
def test_a_flight_that_is_changed_by_a_host_that_may_not_learn_of_the_arrival_is_taken(
    sent: Story, *, is_told: bool
) -> None:
    with sent.at_origin() as work:
        origin_consents.let_nothing_return(work, sent.thread, Account(language="fr", taken_on=work.at.date()))
    if is_told:
        sent.nodes.deliver()
    with sent.at_origin() as work:
        journey.confirm_arrival(work, sent.thread, work.at)
    for arrival in (NEW_ARRIVAL, "2026-12-19T19:35:00+00:00"):
        with sent.at_host() as work:
            host.change_journey(work, sent.thread, {"arrival_at": arrival})
    with sent.at_host() as work:
        host.depart(work, sent.thread, work.at)
    sent.nodes.deliver()
    assert [sent.row(node).journey for node in sent.nodes.both] == [Journey.DEPARTED, Journey.ARRIVED]
    require_taken(sent)


def test_a_flight_that_is_changed_by_a_host_whom_the_arrival_never_reached_is_taken(sent: Story) -> None:
    with sent.at_origin() as work:
        journey.confirm_arrival(work, sent.thread, work.at)
        origin_consents.let_nothing_return(work, sent.thread, Account(language="fr", taken_on=work.at.date()))
    sent.nodes.deliver()
    with sent.at_host() as work:
        host.change_journey(work, sent.thread, {"arrival_at": NEW_ARRIVAL})
    sent.nodes.deliver()
    assert [sent.row(node).journey for node in sent.nodes.both] == [Journey.CHANGED, Journey.ARRIVED]
    require_taken(sent)
