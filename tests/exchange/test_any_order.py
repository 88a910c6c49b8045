"""No sequence of steps, on either node, in any order of arrival, with duplicates, leads astray.

Two whole nodes; hypothesis chooses who does what, and what of the post is brought when, how often and in which order.
Whatever was done, once everything has arrived:

    no step that its side could take was refused by the other
    both nodes have the same status, journey, terms and times, and every status follows from the table
    nothing moved that consent and SOP do not cover
    where the referral was erased, no word about the person is left on either node
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_node import referrals
from host_node.service import SERVICE as HOST
from origin_node import closing, erasure, first_contact, follow_up, journey
from origin_node import referrals as decisions
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery.outbox import OutboxState
from relevo.domain.referral import NEXT, Status, Step
from relevo.errors import Conflict, Refusal
from relevo.protocol.strict_json import JsonObject
from relevo.storage.referrals import terms
from relevo.storage.tables import ReferralRow
from support.databases import SqliteDatabases
from support.loose_post import LoosePost
from support.nodes import JoinedNodes, join
from support.pairs import carried_to
from support.story import Story, changed, sample
from support.traces import rows_of, traces

_numbers = itertools.count(100)
MOST_TURNS = 60
"""Turns of both workers after which everything must have arrived; each waits out the pauses of the courier."""


class Table:
    """Two nodes and one referral between them, with words that were said about this person alone.

    No dataclass: hypothesis would print all that the post ever carried.
    """

    def __init__(self, nodes: JoinedNodes, post: LoosePost) -> None:
        self.nodes, self.post = nodes, post
        self.story = Story(nodes=nodes)
        self.secret, self.carried = "", 0

    def begin(self) -> None:
        """A case of its own, sent and arrived; from here on the post is loose."""
        number = next(_numbers)
        self.secret = f"needle-of-case-{number:06}-in-the-hay"
        self.story = Story(nodes=self.nodes)
        self.story.take_in(self._document(f"ES-2026-{number:06}"))
        self.carried = len(list(carried_to(self.nodes, self.nodes.origin)))
        self.story.send(deliver=False)
        self.settle()
        self.post.kept.clear()
        self.post.loose = True

    def act(self, act: Callable[[Table], object]) -> None:
        """Do something; a refusal is as good an end as any."""
        self.nodes.clock.move(timedelta(minutes=2))
        try:
            act(self)
        except (Refusal, Conflict):
            return

    def bring(self, *, to_host: bool, places: list[int]) -> None:
        """Let both couriers try, then bring some of what they tried, in this order."""
        self.nodes.clock.move(timedelta(minutes=61))
        self.nodes.deliver()
        there, back = (self.nodes.origin, self.nodes.host), (self.nodes.host, self.nodes.origin)
        self.post.bring(*(there if to_host else back), *places)

    def settle(self) -> None:
        """Let everything arrive."""
        self.post.loose = False
        for _ in range(MOST_TURNS):
            self.nodes.clock.move(timedelta(minutes=61))
            self.nodes.deliver()
            if not self._waiting():
                return
        raise AssertionError("something never arrived")

    def _waiting(self) -> bool:
        return any(
            entry.delivery == OutboxState.QUEUED for node in self.nodes.both for entry in self.story.timeline(node)
        )

    def _document(self, reference: str) -> JsonObject:
        document = changed(sample("01"), "identity-min", reference=reference, family_name=self.secret)
        return changed(document, "needs", intentions=self.secret)


def host(verb: Callable[..., object], *words: object) -> Callable[[Table], object]:
    """A counsellor does something; the post waits."""

    def act(table: Table) -> None:
        with table.story.at_host() as work:
            verb(work, table.story.thread, *words)

    return act


def origin(verb: Callable[..., object], *words: object, **more: object) -> Callable[[Table], object]:
    """An intake officer does something; the post waits."""

    def act(table: Table) -> None:
        with table.story.at_origin() as work:
            verb(work, table.story.thread, *words, **more)

    return act


def happened(verb: Callable[..., object], name: str, **more: object) -> Callable[[Table], object]:
    """Something that happened just now at the origin."""

    def act(table: Table) -> None:
        origin(verb, **{name: table.nodes.clock.now(), **more})(table)

    return act


def ask(table: Table) -> None:
    origin(decisions.ask, f"What of {table.secret}?")(table)


def answer(table: Table) -> None:
    host(referrals.answer, f"It is {table.secret}.", ["needs"])(table)


def depart(table: Table) -> None:
    host(referrals.depart, table.nodes.clock.now())(table)


def follow(table: Table) -> None:
    found = {"services": [{"service": "housing", "status": "completed", "note": table.secret}]}
    origin(follow_up.report, 1, moved={}, results={"outcome": found})(table)


def close(table: Table) -> None:
    origin(closing.close, "moved", {"comments": table.secret, "language": "fr"})(table)


ACTS: dict[str, Callable[[Table], object]] = {
    "answer": answer,
    "change the journey": host(referrals.change_journey, {"flight": "IB0009"}),
    "depart": depart,
    "cancel the journey": host(referrals.cancel_journey),
    "cancel": host(referrals.cancel),
    "enter in error": host(referrals.enter_in_error),
    "withdraw at the host": lambda table: table.story.withdraw(),
    "acknowledge": origin(decisions.acknowledge),
    "accept": origin(decisions.accept),
    "decline": origin(decisions.decline, "no-capacity"),
    "ask": ask,
    "agree to cancel": origin(decisions.agree_to_cancel),
    "object to cancel": origin(decisions.object_to_cancel, "it goes on"),
    "start": origin(decisions.start),
    "hold": origin(decisions.hold, "waits"),
    "resume": origin(decisions.resume),
    "arrive": happened(journey.confirm_arrival, "arrived_at"),
    "not arrive": origin(journey.not_arrived, "no-show"),
    "contact": happened(first_contact.record, "at", channel="phone", outcome="reached"),
    "follow up": follow,
    "not complete": origin(closing.not_complete, "moved"),
    "close": close,
    "reopen": origin(closing.reopen, "it goes on"),
    "withdraw at the origin": origin(erasure.withdraw_consent),
}

acts = st.sampled_from(list(ACTS))
bringing = st.tuples(st.booleans(), st.lists(st.integers(0, 9), min_size=1, max_size=5))
forward = st.sampled_from(
    [
        ["acknowledge", "accept", "start"],
        ["acknowledge", "ask", "answer"],
        ["acknowledge", "accept", "start", "not complete", "close"],
        [],
    ]
)


@pytest.fixture(scope="module")
def table(sqlite_databases: SqliteDatabases) -> Iterator[Table]:
    """One pair of nodes for all examples; each has a case of its own."""
    post = LoosePost()
    joined = join((HOST, ORIGIN), (sqlite_databases.fresh(HOST), sqlite_databases.fresh(ORIGIN)), post)
    yield Table(joined, post)
    joined.close()


@settings(max_examples=40, deadline=None)
@given(first=forward, moves=st.lists(st.one_of(acts, bringing), min_size=1, max_size=14))
def test_both_nodes_end_alike(table: Table, first: list[str], moves: list[str | tuple[bool, list[int]]]) -> None:
    table.begin()
    for move in [*first, *moves]:
        if isinstance(move, str):
            table.act(ACTS[move])
        else:
            table.bring(to_host=move[0], places=move[1])
    table.settle()
    _require_agreement(table)
    _require_reachable(table)
    _require_within_consent(table)
    _require_silence_after_erasure(table)


def _require_agreement(table: Table) -> None:
    for node in table.nodes.both:
        deliveries = {(one.step, one.delivery) for one in table.story.timeline(node)}
        assert not [one for one in deliveries if one[1] == OutboxState.REFUSED], deliveries
    here, there = (_known(table.story.row(node)) for node in table.nodes.both)
    assert here == there


def _known(row: ReferralRow) -> tuple[object, ...]:
    return row.status, row.journey, row.arrived_at, row.planned_arrival, terms(row), row.basis, row.services


def _require_reachable(table: Table) -> None:
    reachable = {move.to for moves in NEXT.values() for move in moves.values() if move.to} | {Status.DRAFT}
    for node in table.nodes.both:
        for entry in table.story.timeline(node):
            assert entry.step not in set(Step) or Status(entry.status) in reachable


def _require_within_consent(table: Table) -> None:
    carried = list(carried_to(table.nodes, table.nodes.origin))
    for came in carried[table.carried :]:
        assert set(came.classes) <= {"identity-min", "contact", "travel", "family", "needs", "skills"}


def _require_silence_after_erasure(table: Table) -> None:
    if table.story.row(table.nodes.origin).status in {Status.WITHDRAWN, Status.ERASED}:
        assert traces(rows_of(table.nodes.origin), [table.secret]) == []
