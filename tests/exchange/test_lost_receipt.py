"""A message has one effect and one receipt, whatever is lost, repeated or put in the place of another."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from origin_node import referrals as origin_referrals
from relevo.delivery import federation
from relevo.delivery.node import Node
from relevo.delivery.nonces import NonceSeen
from relevo.protocol import strict_json
from relevo.protocol.envelope import Envelope
from relevo.protocol.strict_json import JsonObject
from relevo.storage.tables import InboxRow, LogEntryRow, OutboxRow, ReferralRow, StepRow
from support.hand_made import REQUESTED, Hand, asking
from support.nodes import JoinedNodes
from support.story import Story, sample
from support.traces import count_of

BESIDE = ("nonce", "refused_item", "cosignature")
"""Tables that grow with every request, refusal or head of a log, whatever becomes of a message."""


@pytest.fixture
def begun(nodes_on_each: JoinedNodes) -> Story:
    """Case 01 ready to be sent, once on SQLite and once on PostgreSQL."""
    story = Story(nodes=nodes_on_each)
    story.take_in(sample("01"))
    return story


def test_a_receipt_that_is_lost_is_given_again_byte_for_byte_and_the_message_has_one_effect(begun: Story) -> None:
    begun.nodes.transport.drop_next_answer()
    begun.send()
    assert begun.deliveries(begun.nodes.host) == {"requested": "queued"}
    once = count_of(begun.nodes.origin, *BESIDE)
    begun.later(hours=1)
    begun.nodes.deliver()
    assert begun.deliveries(begun.nodes.host) == {"requested": "stored"}
    assert count_of(begun.nodes.origin, *BESIDE) == once
    first, second = _answered(begun)
    assert first == second == _kept_by(begun.nodes.host)
    _require_one_effect(begun)


def test_a_request_that_is_lost_is_delivered_later(begun: Story) -> None:
    begun.nodes.transport.drop_next_request()
    begun.send()
    assert begun.deliveries(begun.nodes.host) == {"requested": "queued"}
    with begun.nodes.origin.read() as work:
        assert work.session.scalar(select(ReferralRow)) is None
    begun.later(hours=1)
    begun.nodes.deliver()
    assert begun.deliveries(begun.nodes.host) == {"requested": "stored"}
    _require_one_effect(begun)


def test_a_peer_that_is_away_for_weeks_gets_everything_in_order(sent: Story) -> None:
    sent.nodes.transport.disconnect(sent.nodes.host)
    sent.accept()
    sent.origin(origin_referrals.start)
    sent.later(days=14)
    assert [entry.step for entry in sent.timeline(sent.nodes.host)] == ["requested"]
    sent.nodes.transport.connect(sent.nodes.host)
    sent.later(days=1)
    sent.nodes.deliver()
    steps = [entry.step for entry in sent.timeline(sent.nodes.host)]
    assert steps == ["requested", "acknowledged", "accepted", "started"]


def test_two_copies_in_one_request_have_one_effect_and_get_one_receipt(hand: Hand) -> None:
    envelope = hand.seal(hand.write(asking()))
    first, second = hand.bring(envelope, envelope)
    assert first.told == ("stored", None)
    assert first.token == second.token
    assert _rows(hand.receiver, InboxRow, hand) == _rows(hand.receiver, StepRow, hand) == 1


def test_an_old_envelope_that_comes_again_weeks_later_gets_the_stored_receipt(sent: Story, hand: Hand) -> None:
    sent.accept()
    sent.later(days=14)
    before = count_of(sent.nodes.origin, *BESIDE)
    (again,) = hand.bring(_first_envelope(sent))
    assert again.token == _kept_by(sent.nodes.host)
    assert count_of(sent.nodes.origin, *BESIDE) == before
    assert sent.row(sent.nodes.origin).status == "accepted"


def test_a_second_attempt_at_another_place_gets_the_receipt_of_the_first(hand: Hand) -> None:
    written = hand.write(asking())
    (first,) = hand.bring(hand.seal(written))
    (second,) = hand.bring(hand.seal(written))
    assert first.told == ("stored", None)
    assert first.token == second.token


def test_another_message_under_a_known_jti_is_not_stored(hand: Hand) -> None:
    first = hand.say(asking())
    assert first.jti is not None
    before = count_of(hand.receiver, *BESIDE)
    changed = {**REQUESTED, "urgency": "emergency"}
    assert hand.say(asking(step=changed), jti=first.jti).told == ("problem", "jti-reused")
    assert count_of(hand.receiver, *BESIDE) == before


def test_the_same_request_is_not_read_twice(hand: Hand) -> None:
    request = hand.request(hand.seal(hand.write(asking())))
    federation.take_envelopes(hand.receiver, request)
    before = count_of(hand.receiver, "refused_item")
    with pytest.raises(NonceSeen):
        federation.take_envelopes(hand.receiver, request)
    assert count_of(hand.receiver, "refused_item") == before


def test_one_bad_envelope_does_not_block_the_others(hand: Hand) -> None:
    good, bad = hand.seal(hand.write(asking())), Envelope(manifest="no.manifest.atall", sealed=b"nothing")
    told = [answered.told[0] for answered in hand.bring(bad, good, bad)]
    assert told == ["problem", "stored", "problem"]


def test_an_empty_request_and_one_with_too_many_envelopes_are_refused_whole(hand: Hand) -> None:
    envelope = hand.seal(hand.write(asking()))
    for envelopes in ((), (envelope,) * 51):
        with pytest.raises(federation.BatchUnfit):
            federation.take_envelopes(hand.receiver, hand.request(*envelopes))


def _require_one_effect(story: Story) -> None:
    assert [entry.step for entry in story.timeline(story.nodes.origin)] == ["requested"]
    with story.nodes.origin.read() as work:
        stored = work.session.scalars(select(InboxRow.receipt).where(InboxRow.thread == story.thread)).all()
        entries = work.session.scalars(select(LogEntryRow).where(LogEntryRow.subject == story.thread)).all()
    assert stored == [_kept_by(story.nodes.host)]
    assert len(entries) == 2, "one message received, one receipt made"


def _kept_by(host: Node) -> str | None:
    with host.read() as work:
        return work.session.scalar(select(OutboxRow.receipt).where(OutboxRow.kind == "requested"))


def _answered(story: Story) -> list[object]:
    """The receipts in the last two answers of the origin."""
    results = [answer["results"] for _, answer in _exchanges(story)[-2:]]
    return [one["receipt"] for found in results if isinstance(found, list) for one in found if isinstance(one, dict)]


def _exchanges(story: Story) -> list[tuple[JsonObject, JsonObject]]:
    address = story.nodes.origin.identity.endpoint + federation.ENVELOPES
    to_origin = [one for one in story.nodes.transport.carried if one.url == address and one.answer is not None]
    return [(strict_json.load(one.body), strict_json.load(one.answer.body)) for one in to_origin if one.answer]


def _first_envelope(story: Story) -> Envelope:
    """The envelope that brought the referral, as it was carried."""
    envelopes = _exchanges(story)[-1][0]["envelopes"]
    assert isinstance(envelopes, list)
    return Envelope.from_object(envelopes[0])


def _rows(node: Node, table: type[InboxRow | StepRow], hand: Hand) -> int:
    with node.read() as work:
        found = work.session.scalar(select(func.count()).select_from(table).where(table.thread == hand.thread))
    return found or 0
