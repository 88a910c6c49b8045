"""Whatever changes about a consent, a record or a journey, nobody is sent to somebody who must not be contacted."""

from __future__ import annotations

import pytest

from host_node import consent_changes, corrections
from host_node import referrals as host_referrals
from host_node import tasks as host_tasks
from host_node.tables import CaseReferralRow
from origin_node import consents as origin_consents
from origin_node import first_contact, journey, profile, reassessment
from origin_node import tasks as origin_tasks
from relevo.delivery.node import Node
from relevo.domain.consent import Account, Withheld, Withholding
from relevo.domain.first_contact import DoNotContact, IntermediaryOnly
from relevo.domain.tasks import Task
from relevo.protocol.strict_json import JsonValue
from support.nodes import ORIGIN_ID, JoinedNodes
from support.story import ARRIVED_AT, Story, changed, sample

NOBODY: dict[str, JsonValue] = {"channel": "do-not-contact"}


def account(story: Story) -> Account:
    return Account(language="fr", taken_on=story.nodes.clock.now().date())


def begun(nodes: JoinedNodes, **contact: JsonValue) -> Story:
    """Case 01, accepted, whose person is reached in the way that is given here."""
    story = Story(nodes=nodes)
    story.take_in(changed(sample("01"), "contact", **contact))
    story.send()
    story.accept()
    return story


def arrived(story: Story) -> None:
    story.nodes.clock.move_to(ARRIVED_AT)
    story.origin(journey.confirm_arrival, ARRIVED_AT)


def narrow_at_origin(story: Story, *without: str, withhold: tuple[Withheld, ...] = ()) -> None:
    story.origin(origin_consents.narrow, account(story), without=without, withhold=withhold)


def narrow_at_host(story: Story, *without: str, withhold: tuple[Withholding, ...] = ()) -> None:
    with story.at_host() as work:
        link = work.session.get_one(CaseReferralRow, story.thread)
        assert link.consent is not None
        consent_changes.narrow(work, link.consent, account(story), without=without, withhold=withhold)
    story.nodes.deliver()


def open_duties(story: Story, node: Node) -> set[str]:
    return {duty.duty for duty in story.duties(node) if duty.done_at is None and not duty.dropped}


def tasks(story: Story, node: Node) -> list[Task]:
    sources = host_tasks.SOURCES if node is story.nodes.host else origin_tasks.SOURCES
    with node.read() as work:
        return [task for source in sources for task in source(work) if task.thread == story.thread]


NARROWED = {
    "the class, at the origin": lambda story: narrow_at_origin(story, "contact"),
    "the class, at the host": lambda story: narrow_at_host(story, "contact"),
    "the channel, at the origin": lambda story: narrow_at_origin(
        story, withhold=(Withheld("contact.channel", ORIGIN_ID),)
    ),
    "the channel, at the host": lambda story: narrow_at_host(
        story, withhold=(Withholding(what="contact.channel", from_whom=ORIGIN_ID),)
    ),
}


@pytest.mark.parametrize("channel", ["phone", "do-not-contact"])
@pytest.mark.parametrize("name", NARROWED)
def test_who_takes_back_how_to_reach_them_is_reached_by_nobody(nodes: JoinedNodes, name: str, channel: str) -> None:
    story = begun(nodes, channel=channel)
    arrived(story)
    NARROWED[name](story)
    for node in nodes.both:
        assert story.row(node).contact_channel == "do-not-contact"
        assert open_duties(story, node).isdisjoint({"first-contact", "correct-contact"})
    with pytest.raises(DoNotContact), story.at_origin() as work:
        first_contact.record(work, story.thread, at=work.at, channel="phone", outcome="reached")
    with story.at_origin() as work:
        assert profile.read(work, story.thread).reach.rule.startswith("Do not contact this person in any way")


@pytest.mark.parametrize("where", [narrow_at_origin, narrow_at_host])
def test_to_withhold_the_number_lifts_no_wish_how_to_be_reached(nodes: JoinedNodes, where: object) -> None:
    story = begun(nodes, channel="via-intermediary", intermediary="the aunt")
    made = Withheld if where is narrow_at_origin else Withholding
    where(story, withhold=(made(what="contact.number", from_whom=ORIGIN_ID),))  # type: ignore[operator]
    for node in nodes.both:
        assert story.row(node).contact_channel == "via-intermediary"
    with pytest.raises(IntermediaryOnly), story.at_origin() as work:
        first_contact.record(work, story.thread, at=work.at, channel="phone", outcome="reached")


@pytest.mark.parametrize("where", [narrow_at_origin, narrow_at_host])
def test_who_has_arrived_has_arrived_though_the_journey_is_closed(nodes: JoinedNodes, where: object) -> None:
    story = begun(nodes)
    arrived(story)
    before = [open_duties(story, node) for node in nodes.both]
    where(story, "travel")  # type: ignore[operator]
    assert [open_duties(story, node) for node in nodes.both] == before
    assert {story.row(node).journey for node in nodes.both} == {"arrived"}


def test_a_wish_that_comes_late_stops_the_clock_on_both_nodes(nodes: JoinedNodes) -> None:
    story = begun(nodes)
    arrived(story)
    assert all("first-contact" in open_duties(story, node) for node in nodes.both)
    with story.at_host() as work:
        case = host_referrals.case_of(work, story.thread)
        corrections.correct_case(work, case, "contact", NOBODY, "she asked for it")
        corrections.correct(work, story.thread, ["contact"], "she asked for it")
    nodes.deliver()
    for node in nodes.both:
        assert open_duties(story, node).isdisjoint({"first-contact", "correct-contact"})


def test_no_task_sends_anybody_to_a_person_whom_nobody_may_contact(nodes: JoinedNodes) -> None:
    story = begun(nodes, channel="do-not-contact")
    arrived(story)
    story.later(days=700)
    for node in nodes.both:
        for task in tasks(story, node):
            assert "the person" not in task.text or "Do not contact the person" in task.text, task
    assert {"plan", "follow-up-1", "renew-consent"} <= {task.what for task in tasks(story, nodes.origin)}


def test_after_an_unsafe_attempt_no_task_sends_anybody_before_intake_has_cleared_it(nodes: JoinedNodes) -> None:
    story = begun(nodes)
    arrived(story)
    story.origin(first_contact.record, at=nodes.clock.now(), channel="phone", outcome="unsafe")
    found = {task.what: task.text for task in tasks(story, nodes.origin)}
    assert found["first-contact"].startswith("Do not contact the person")
    story.origin(first_contact.clear)
    found = {task.what: task.text for task in tasks(story, nodes.origin)}
    assert not found["first-contact"].startswith("Do not contact the person")


def test_what_the_person_says_here_binds_whoever_would_contact_them(nodes: JoinedNodes) -> None:
    """They say it to a case worker at the origin; the host knows nothing of it and may go on stating a number."""
    story = begun(nodes)
    arrived(story)
    story.origin(reassessment.reassess, {"contact": NOBODY})
    story.host(corrections.correct, ["contact"], "the number had a digit too many")
    with pytest.raises(DoNotContact), story.at_origin() as work:
        first_contact.record(work, story.thread, at=work.at, channel="phone", outcome="reached")
    with story.at_origin() as work:
        assert profile.read(work, story.thread).reach.rule.startswith("Do not contact this person in any way")
        assert next(hint.code for hint in first_contact.mind(work, story.thread)) == "do-not-contact"
    found = {task.what: task.text for task in tasks(story, nodes.origin)}
    assert found["first-contact"].startswith("Do not contact the person")
