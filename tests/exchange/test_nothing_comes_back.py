"""After a withdrawal no message brings anything back: late, repeated, crossing, in any order, on either side.

Every column of every table of both nodes is searched for every word that the messages carried.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from origin_node import chasing, erasure
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.messages.classes import terms_to_fields
from relevo.protocol.basis import Basis
from relevo.protocol.envelope import Envelope
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.verification import verify_evidence
from relevo.storage import peers, referrals
from relevo.storage.unit_of_work import User
from support.hand_made import TERMS, Hand, step
from support.nodes import JoinedNodes
from support.planted import NAME, STATED, found_in, full, give
from support.story import Story, sample
from support.traces import count_of

LATE = "Pennyroyalcommon"
"""Stands in every message that comes too late."""

DESK = "ci:accueil/housing-desk"

FROM_HOST: dict[str, tuple[str, JsonObject]] = {
    "an answer with data": (
        "message",
        {"step": step("answered", answer=LATE), "needs": {"economic": ["job-placement"], "intentions": LATE}},
    ),
    "a departure": ("message", {"step": step("departed", at="2026-11-22T08:00:00Z")}),
    "a changed journey": (
        "message",
        {"step": step("journey-changed"), "travel": {"arrival_at": "2026-12-20T10:00:00+00:00"}},
    ),
    "a correction": (
        "message",
        {
            "step": step("corrected", classes=["contact"], reason=LATE),
            "contact": {"channel": "phone", "number": "+225 07 11 22 33 44", "who_may_answer": LATE},
        },
    ),
    "a changed consent": (
        "message",
        {
            "step": step("consent-changed", change="renewed", taken_at="2026-11-22T08:00:00Z"),
            "consent": dict(terms_to_fields(TERMS)),
        },
    ),
    "a request to cancel": ("message", {"step": step("cancel-requested", reason=LATE)}),
}
FROM_ORIGIN: dict[str, tuple[str, JsonObject]] = {
    "a question": ("answered", {"step": step("information-requested", question=LATE)}),
    "a pause": ("reported", {"step": step("held", reason=LATE)}),
    "an end with findings": (
        "reported",
        {"step": step("completed"), "feedback": {"comments": LATE, "language": "fr"}},
    ),
    "a first contact": (
        "contacted",
        {"step": step("first-contact", at="2026-11-22T08:00:00Z", channel="phone", outcome="unsafe", by_role="intake")},
    ),
}
ORDERS = [order for number, order in enumerate(permutations(FROM_HOST)) if number % 120 == 0]


@pytest.fixture
def story(nodes: JoinedNodes) -> Story:
    """Case 01, full of words that stand nowhere else, accepted and given to an organisation."""
    told = Story(nodes=nodes)
    told.take_in(full(sample("01")))
    told.send()
    told.accept()
    give(told, DESK, "housing", "identity-min")
    return told


def test_before_the_withdrawal_every_word_is_there(story: Story) -> None:
    assert NAME in found_in(story.nodes.origin)
    assert set(found_in(story.nodes.host)) <= set(STATED)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order[0])
def test_what_the_host_says_after_a_withdrawal_brings_nothing_back(story: Story, order: Sequence[str]) -> None:
    """Each message comes twice; what says nothing about the person and was legal before is recorded without words."""
    late = _as_seen_before(story, story.nodes.host, story.nodes.origin)
    envelopes = [late.write(FROM_HOST[name]) for name in order]
    story.origin(erasure.withdraw_consent)
    _bring_twice(late, envelopes)
    _require_nothing(story)


@pytest.mark.parametrize("order", list(permutations(FROM_ORIGIN))[::5], ids=lambda order: ", ".join(order[:3]))
def test_what_the_origin_says_after_a_withdrawal_brings_nothing_back(story: Story, order: Sequence[str]) -> None:
    late = _as_seen_before(story, story.nodes.origin, story.nodes.host)
    envelopes = [late.write(FROM_ORIGIN[name]) for name in order]
    story.withdraw()
    story.nodes.deliver()
    _bring_twice(late, envelopes)
    _require_nothing(story)


def test_what_comes_between_withdrawing_and_the_answer_of_the_origin_goes_with_the_rest(story: Story) -> None:
    late = _as_seen_before(story, story.nodes.origin, story.nodes.host)
    envelopes = [late.write(said) for said in FROM_ORIGIN.values()]
    story.nodes.transport.disconnect(story.nodes.origin)
    story.withdraw()
    story.nodes.deliver()
    _bring_twice(late, envelopes)
    late.count_places()
    story.nodes.transport.connect(story.nodes.origin)
    story.later(days=1)
    story.nodes.deliver()
    _require_nothing(story)


def test_an_organisation_confirms_and_nothing_comes_back_by_it(story: Story) -> None:
    story.origin(erasure.withdraw_consent)
    with story.nodes.origin.write(User(name="awa", role=Role.CASE_WORKER, organisation=DESK)) as work:
        chasing.confirm(work, story.thread, DESK)
    story.nodes.deliver()
    assert [entry.step for entry in story.timeline(story.nodes.host)][-1] == "erasure-confirmed"
    _require_nothing(story)


class _Late:
    """Messages that one side wrote before it knew of the withdrawal, and that come after it."""

    def __init__(self, hand: Hand, seen: str | None) -> None:
        self._hand = hand
        self._seen = seen

    def write(self, said: tuple[str, JsonObject]) -> Envelope:
        """A sealed message that says what it would have said in time."""
        kind, hidden = said
        return self._hand.seal(self._hand.write({**hidden, "seen": self._seen}, kind))

    def bring(self, *envelopes: Envelope) -> list[str | None]:
        """What was answered to each: the token of the receipt."""
        return [answered.token for answered in self._hand.bring(*envelopes)]

    def count_places(self) -> None:
        """Let the sender know of the places that were taken in its name, so that it goes on behind them."""
        with self._hand.sender.write() as work:
            stream = peers.find(work.session, self._hand.receiver.identity.node_id)
            stream.last_seq = next(self._hand.places)


def _as_seen_before(story: Story, sender: Node, receiver: Node) -> _Late:
    with sender.read() as work:
        row = referrals.by_thread(work.session, story.thread)
        basis, seen = referrals.basis(row), row.peer_last
    assert isinstance(basis, Basis)
    return _Late(Hand(sender=sender, receiver=receiver, basis=basis, thread=story.thread), seen)


def _bring_twice(late: _Late, envelopes: Sequence[Envelope]) -> None:
    first = late.bring(*envelopes)
    assert all(first), "each is receipted, stored or refused for good"
    assert late.bring(*reversed(envelopes)) == first[::-1]


def _require_nothing(story: Story) -> None:
    """Both sides have erased; no word stands anywhere, and the evidence verifies."""
    story.nodes.deliver()
    for node in story.nodes.both:
        assert story.row(node).status == "erased"
        assert found_in(node, *STATED, LATE) == []
        assert verify_evidence(story.evidence(node)).ok
        row = story.row(node)
        assert (row.basis_record, row.contact_channel, row.services, row.vulnerable) == (None, None, [], False)
        assert (row.planned_arrival, row.arrived_at) == (None, None)
        rows = count_of(node)
        assert (rows.get("stated", 0), rows.get("returned", 0)) == (0, 0)
