"""The courier while a peer is down, beside other couriers, and with a message that cannot be brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from relevo.delivery import federation, sop_exchange
from relevo.delivery.courier import Courier
from relevo.delivery.loads import BATCH
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, Transport
from relevo.domain.access import Role
from relevo.protocol import strict_json
from relevo.storage import peers, sops
from relevo.storage.tables import InboxRow, OutboxRow
from support.nodes import HOST_ID, ORIGIN_ID, SOP, JoinedNodes, staff

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Skewed:
    """A peer whose clock is another, and who says so."""

    date: str

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        del method, url, headers, body
        return Answer(status=400, headers={"date": self.date}, body=b'{"code":"hop-skew"}')


@dataclass
class Refusing:
    """Refuses every request that holds one message, as a peer does whose own fault that message brings about."""

    transport: Transport
    manifest: str = ""
    status: int = 500
    retry_after: str | None = None
    refused: list[int] = field(default_factory=list)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.manifest.encode() not in body:
            return self.transport.send(method, url, headers, body)
        self.refused.append(_size(body))
        told = {"retry-after": self.retry_after} if self.retry_after else {}
        return Answer(status=self.status, headers=told, body=b"{}")


SKEWED = {
    "half an hour behind": ("Sun, 22 Nov 2026 08:30:00 GMT", -1800),
    "in another age": ("Fri, 31 Dec 9999 23:59:59 GMT", peers.MOST_SKEW_SECONDS),
    "beyond every age": ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    "no date": ("tomorrow", None),
    "a date without a zone": ("Sun, 22 Nov 2026 08:30:00 -0000", None),
}


@pytest.mark.parametrize("name", SKEWED)
def test_how_far_a_clock_is_off_is_measured_by_the_refusal(nodes: JoinedNodes, name: str) -> None:
    date, seconds = SKEWED[name]
    with nodes.host.write() as work:
        peers.find(work.session, ORIGIN_ID).skew_seconds = None
    _queue(nodes, 1)
    assert Courier(nodes.host, Skewed(date)).run_once() == 0
    with nodes.host.read() as work:
        row = peers.find(work.session, ORIGIN_ID)
        assert (row.skew_seconds, row.last_problem) == (seconds, "peer-refused")


def test_a_peer_that_was_down_is_tried_with_one_message_and_then_gets_the_rest(nodes: JoinedNodes) -> None:
    _queue(nodes, 4)
    courier = Courier(nodes.host, nodes.transport)
    nodes.transport.carried.clear()
    nodes.transport.disconnect(nodes.origin)
    courier.run_once()
    nodes.clock.move(HOUR)
    courier.run_once()
    nodes.transport.connect(nodes.origin)
    nodes.clock.move(HOUR)
    assert courier.run_once() == 4
    assert [_size(request.body) for request in nodes.transport.carried] == [4, 1, 1, 3]


def test_a_message_at_which_the_peer_breaks_lets_the_others_pass(nodes: JoinedNodes) -> None:
    _queue(nodes, 4)
    breaking = Refusing(nodes.transport)
    courier = Courier(nodes.host, breaking)
    courier.run_once()
    breaking.manifest = _first_manifest(nodes.host)
    for _ in range(6):
        nodes.clock.move(timedelta(seconds=20))
        courier.run_once()
    assert len(_queued(nodes.host)) == 1
    assert breaking.refused[:2] == [4, 1]


ASKED = {"seconds": ("600", timedelta(seconds=600)), "longer than an hour": ("86400", HOUR)}


@pytest.mark.parametrize("case", ASKED.values(), ids=ASKED.keys())
def test_a_peer_that_asks_for_time_gets_it_within_an_hour(nodes: JoinedNodes, case: tuple[str, timedelta]) -> None:
    asked, pause = case
    _queue(nodes, 1)
    Courier(nodes.host, Refusing(nodes.transport, status=503, retry_after=asked)).run_once()
    with nodes.host.read() as work:
        assert peers.find(work.session, ORIGIN_ID).next_attempt_at == nodes.clock.now() + pause


def test_while_one_courier_holds_the_lease_another_brings_nothing(nodes_on_each: JoinedNodes) -> None:
    _queue(nodes_on_each, 1)
    host = nodes_on_each.host
    courier = Courier(host, nodes_on_each.transport)
    with host.database.lease(ORIGIN_ID) as ours:
        assert ours
        assert courier.run_once() == 0
    assert courier.run_once() == 1


def test_a_load_is_one_commit_where_it_arrives(nodes_on_each: JoinedNodes) -> None:
    _queue(nodes_on_each, BATCH)
    commits: list[object] = []
    event.listen(nodes_on_each.origin.database.engine, "commit", commits.append)
    assert Courier(nodes_on_each.host, nodes_on_each.transport).run_once() == BATCH
    assert len(commits) == 1
    with nodes_on_each.origin.read() as work:
        came = select(InboxRow.seq).where(InboxRow.peer == HOST_ID).order_by(InboxRow.seq)
        seqs = list(work.session.scalars(came))
    assert seqs == list(range(1, len(seqs) + 1))


def _queue(nodes: JoinedNodes, many: int) -> None:
    with nodes.host.write(staff(Role.ADMINISTRATOR)) as work:
        for number in range(many):
            text = SOP.read_text(encoding="utf-8").replace("version = 1", f"version = {number + 2}")
            text = text.replace("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
            sop_exchange.propose(work, sops.keep(work.session, text, own=HOST_ID, at=work.at))


def _queued(node: Node) -> list[OutboxRow]:
    with node.read() as work:
        return list(work.session.scalars(select(OutboxRow).where(OutboxRow.state == "queued").order_by(OutboxRow.jti)))


def _first_manifest(node: Node) -> str:
    return _queued(node)[0].manifest or ""


def _size(body: bytes) -> int:
    envelopes = strict_json.load(body, limit=federation.MAX_BODY)["envelopes"]
    assert isinstance(envelopes, list)
    return len(envelopes)
