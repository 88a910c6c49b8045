"""What a registered peer that does not run Relevo may try, and what the receiver makes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from host_node import referrals as host_verbs
from origin_node import referrals as origin_verbs
from relevo.delivery.node import Node
from relevo.protocol.strict_json import JsonObject
from relevo.storage import referrals
from support.hand_made import MARKER, Hand, asking, step
from support.nodes import JoinedNodes
from support.story import Story, sample
from support.traces import settled_file_of, traces

DEPARTED: JsonObject = step("departed", at="2026-11-22T08:00:00Z")
UNFIT: dict[str, tuple[JsonObject, str]] = {
    "words about a person stand where the role should": ({"step": {**DEPARTED, "by": f"for Awa {MARKER}"}}, "step"),
    "the message before is no identifier": ({"step": DEPARTED, "after": "\x00"}, "after"),
    "the message seen is no identifier": ({"step": DEPARTED, "seen": MARKER}, "seen"),
}


@pytest.mark.parametrize("case", UNFIT.values(), ids=UNFIT.keys())
def test_a_message_with_words_in_its_frame_is_refused(nodes_on_each: JoinedNodes, case: tuple[JsonObject, str]) -> None:
    hand = Hand(sender=nodes_on_each.host, receiver=nodes_on_each.origin)
    hand.say(asking())
    hidden, _field = case
    assert hand.say(hidden, "message").told == ("refused", "malformed-content")


def test_nothing_of_a_person_is_left_in_who_did_it_after_erasure(hand: Hand) -> None:
    hand.say(asking())
    hand.say({"step": {**DEPARTED, "by": MARKER}}, "message")
    assert hand.say({"step": step("withdrawn", scope="all")}, "withdrawn").told == ("stored", None)
    assert traces(settled_file_of(hand.receiver), [MARKER]) == []


def test_a_message_under_an_identifier_of_our_own_is_not_taken(sent: Story) -> None:
    host, origin = sent.nodes.both
    own = sent.timeline(host)[0].jti
    assert own is not None
    hand = _from_origin(sent)
    answered = hand.say({"step": {"name": "acknowledged", "by": "intake"}}, "acknowledged", jti=own)
    assert answered.told == ("problem", "jti-reused")
    assert [entry.step for entry in sent.timeline(host)] == ["requested"]
    assert sent.row(origin).status == "requested"


def test_a_host_cannot_go_back_to_a_question_that_it_has_answered(sent: Story) -> None:
    sent.origin(origin_verbs.acknowledge)
    sent.origin(origin_verbs.ask, "Which school year is the boy in?", ["needs"])
    asked = sent.timeline(sent.nodes.origin)[-1].jti
    sent.host(host_verbs.answer, "The first year of primary school.")
    sent.origin(origin_verbs.acknowledge)
    sent.origin(origin_verbs.decline, "no-capacity")
    hand = _from(sent, sent.nodes.host, sent.nodes.origin)
    hidden: JsonObject = {"step": step("answered", answer="Once more."), "seen": asked, "needs": {"intentions": MARKER}}
    assert hand.say(hidden, "message").told == ("refused", "illegal-step")
    assert traces(settled_file_of(sent.nodes.origin), [MARKER]) == []


def test_two_steps_of_the_origin_that_cross_a_cancellation_are_both_recorded(sent: Story) -> None:
    host, origin = sent.nodes.both
    sent.origin(origin_verbs.acknowledge)
    sent.nodes.transport.disconnect(host)
    sent.nodes.transport.disconnect(origin)
    with sent.at_origin() as work:
        origin_verbs.accept(work, sent.thread)
        origin_verbs.start(work, sent.thread)
    with sent.at_host() as work:
        host_verbs.cancel(work, sent.thread)
    sent.nodes.transport.connect(host)
    sent.nodes.transport.connect(origin)
    for _ in range(2):
        sent.nodes.clock.move(timedelta(hours=1))
        sent.nodes.deliver()
    assert sent.deliveries(origin)["started"] == "stored"
    assert sent.row(host).status == sent.row(origin).status == "cancelled"


RETURNING: dict[str, tuple[JsonObject, str]] = {
    "a service that was done": (
        {"step": {"name": "service", "by": "intake", "service": "housing", "status": "completed"}},
        "reported",
    ),
    "that assistance began": ({"step": {"name": "started", "by": "intake"}}, "reported"),
    "a question": ({"step": {"name": "information-requested", "by": "intake", "question": "How?"}}, "answered"),
}


@pytest.mark.parametrize("case", RETURNING.values(), ids=RETURNING.keys())
def test_a_host_does_not_take_what_the_person_does_not_let_return(
    nodes: JoinedNodes, case: tuple[JsonObject, str]
) -> None:
    story, document = Story(nodes=nodes), sample("01")
    document["consent"]["outcomes_may_return"] = False
    story.take_in(document)
    story.send()
    story.accept()
    hidden, kind = case
    assert _from_origin(story).say(hidden, kind).told == ("refused", "no-return")
    assert [entry.step for entry in story.timeline(nodes.host)] == ["requested", "acknowledged", "accepted"]


def _from_origin(story: Story) -> Hand:
    """Writes to the host as the origin, in the story's own thread."""
    return _from(story, story.nodes.origin, story.nodes.host)


def _from(story: Story, sender: Node, receiver: Node) -> Hand:
    with receiver.read() as work:
        basis = referrals.basis(referrals.by_thread(work.session, story.thread))
    assert basis is not None
    return Hand(sender=sender, receiver=receiver, basis=basis, thread=story.thread)
