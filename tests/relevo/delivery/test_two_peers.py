"""Two hosts of one origin: what one of them sends changes nothing of the other's, not even under the other's thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relevo.delivery.node import Node
from relevo.protocol.record import read_record
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.verification import verify_evidence
from relevo.runtime import Service
from support.databases import SqliteDatabases
from support.hand_made import Hand, asking, step
from support.nodes import JoinedNodes, make_node, publish
from support.pairs import agree, befriend, sop_text
from support.story import Story

OTHER = "de:rueckkehr"


@pytest.fixture
def other(sent: Story, sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Node]:
    """Another host that the same origin knows and has a SOP with."""
    nodes = sent.nodes
    host = make_node(
        services[0],
        node_id=OTHER,
        endpoint=f"https://{OTHER.replace(':', '-')}.example",
        address=sqlite_databases.fresh(services[0]),
        clock=nodes.clock,
    )
    publish((host,), nodes.transport)
    pair = JoinedNodes(host=host, origin=nodes.origin, clock=nodes.clock, transport=nodes.transport)
    befriend(pair)
    agree(pair, sop_text("es-ci", host=OTHER))
    yield host
    host.database.close()


STEPS: dict[str, tuple[JsonObject, str, str]] = {
    "begins a referral in it": (asking(), "requested", "thread-taken"),
    "withdraws in it": ({"step": step("withdrawn", scope="all")}, "withdrawn", "thread-unknown"),
}


@pytest.mark.parametrize("case", STEPS.values(), ids=STEPS.keys())
def test_a_thread_of_another_host_stays_as_it_is_if_somebody(
    sent: Story, other: Node, case: tuple[JsonObject, str, str]
) -> None:
    hidden, kind, code = case
    hand = Hand(sender=other, receiver=sent.nodes.origin, thread=sent.thread)
    before = sent.timeline(sent.nodes.origin)
    assert hand.say(hidden, kind).told == ("refused", code)
    assert sent.timeline(sent.nodes.origin) == before


def test_the_evidence_of_a_referral_says_nothing_of_another_peer(sent: Story, other: Node) -> None:
    Hand(sender=other, receiver=sent.nodes.origin, thread=sent.thread).say(asking())
    sent.nodes.deliver()
    evidence = sent.evidence(sent.nodes.origin)
    records = [read_record(entry.record).fields for entry in evidence.entries]
    assert OTHER not in {record.get("peer") for record in records}
    assert verify_evidence(evidence).ok
