"""Two hosts of one origin: what one of them sends changes nothing of the other's, not even under the other's thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pytest

from relevo.delivery import outbox, sop_exchange
from relevo.delivery.courier import Courier
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, Transport
from relevo.domain.access import Role
from relevo.protocol.record import read_record
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.verification import verify_evidence
from relevo.runtime import Service
from relevo.storage import sops
from support.databases import SqliteDatabases
from support.hand_made import Hand, asking, step
from support.nodes import HOST_ID, ORIGIN_ID, JoinedNodes, make_node, publish, staff
from support.pairs import agree, befriend, sop_text
from support.processes import PATIENCE_SECONDS, until
from support.story import Story

OTHER = "de:rueckkehr"


@pytest.fixture
def other(nodes: JoinedNodes, sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Node]:
    """Another host that the same origin knows and has a SOP with."""
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


class Holding:
    """Lets nothing through to one address until it is let go."""

    def __init__(self, transport: Transport, address: str) -> None:
        self._transport = transport
        self._address = address
        self.asked, self.let_go = threading.Event(), threading.Event()

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if url.startswith(self._address):
            self.asked.set()
            assert self.let_go.wait(PATIENCE_SECONDS)
        return self._transport.send(method, url, headers, body)


def test_a_peer_that_does_not_answer_holds_up_no_other(nodes: JoinedNodes, other: Node) -> None:
    origin = nodes.origin
    with origin.write(staff(Role.ADMINISTRATOR)) as work:
        for peer in (OTHER, HOST_ID):
            text = sop_text("es-ci", host=peer).replace("version = 1", "version = 2")
            text = text.replace("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
            sop_exchange.propose(work, sops.keep(work.session, text, own=ORIGIN_ID, at=work.at))
    slow = Holding(nodes.transport, other.identity.endpoint)
    courier = Courier(origin, slow)
    courier.dispatch()
    try:
        assert slow.asked.wait(PATIENCE_SECONDS)
        until(lambda: _waiting(origin) == [OTHER])
        courier.dispatch()
        assert _waiting(origin) == [OTHER]
    finally:
        slow.let_go.set()
        courier.stop()
    assert _waiting(origin) == []


def _waiting(node: Node) -> list[str]:
    with node.read() as work:
        return outbox.peers_with_post(work.session)


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
