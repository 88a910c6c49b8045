"""A registered peer takes no more of a node's disk than its share, and administrators are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE
from relevo.delivery import federation, keeping_up, key_tasks, publishing, refusals, registration, standing
from relevo.delivery.node import Node
from relevo.delivery.shares import MessageQuota, Shares, StatementsTooMany, StorageQuota
from relevo.delivery.transport import Answer
from relevo.domain.access import Role
from relevo.protocol import strict_json
from relevo.protocol.envelope import Envelope
from relevo.storage import peers
from relevo.storage.shares import size_of
from relevo.storage.tables import InboxRow
from relevo.web.app import make_app
from support.hand_made import Hand, asking
from support.nodes import HOST_ID, JoinedNodes, MemoryTransport, staff
from support.story import Story, sample

SPOKEN = 1
"""Messages that came on this day before: the procedure was proposed."""


def message(hand: Hand) -> Envelope:
    """A first message in a thread of its own."""
    fresh = Hand(sender=hand.sender, receiver=hand.receiver, places=hand.places)
    return fresh.seal(fresh.write(asking()))


def bring(node: Node, hand: Hand, *envelopes: Envelope) -> int:
    """How many were answered with a receipt."""
    answer = strict_json.load(federation.take_envelopes(node, hand.request(*envelopes)).body)
    return str(answer["results"]).count("'receipt'")


def kept(node: Node) -> tuple[int, int]:
    """What is counted of the host's messages at a node, and what is there."""
    with node.read() as work:
        there = sum(
            size_of(row.manifest, row.content, row.disclosures, row.receipt)
            for row in work.session.scalars(select(InboxRow))
        )
        return peers.find(work.session, HOST_ID).kept_bytes, there


def test_more_messages_than_a_day_may_have_wait_until_the_next_day(nodes: JoinedNodes, hand: Hand) -> None:
    narrow = replace(nodes.origin, shares=Shares(messages_a_day=SPOKEN + 3))
    first, late = message(hand), message(hand)
    assert bring(narrow, hand, first, message(hand)) == 2
    assert bring(narrow, hand, first) == 1
    assert bring(narrow, hand, message(hand), message(hand)) == 2
    with pytest.raises(MessageQuota) as refused:
        bring(narrow, hand, late)
    with nodes.origin.read() as work:
        assert work.at + timedelta(seconds=refused.value.seconds) == work.at.replace(hour=0) + timedelta(days=1)
    nodes.clock.move(timedelta(days=1))
    assert bring(narrow, hand, late) == 1


def test_the_peer_is_told_when_to_come_again(nodes: JoinedNodes, hand: Hand) -> None:
    narrow = replace(nodes.origin, shares=Shares(messages_a_day=SPOKEN + 1))
    bring(narrow, hand, message(hand))
    asked = hand.request(message(hand))
    with TestClient(make_app(SERVICE, narrow)) as client:
        told = client.post(federation.ENVELOPES, content=asked.body, headers=dict(asked.headers))
    assert (told.status_code, told.json()["code"], told.headers["retry-after"]) == (429, "message-quota", "54000")


def test_whoever_keeps_too_much_waits_until_something_is_erased(nodes: JoinedNodes) -> None:
    story, hand = Story(nodes=nodes), Hand(sender=nodes.host, receiver=nodes.origin)
    story.take_in(sample("01"))
    story.send()
    before, _ = kept(nodes.origin)
    narrow = replace(nodes.origin, shares=Shares(message_bytes=before))
    with pytest.raises(StorageQuota):
        bring(narrow, hand, message(hand))
    story.withdraw()
    nodes.deliver()
    nodes.deliver()
    after, _ = kept(nodes.origin)
    assert bring(replace(narrow, shares=Shares(message_bytes=after + 1)), hand, message(hand)) == 1


def test_what_is_counted_is_what_is_there(nodes_on_each: JoinedNodes) -> None:
    nodes = nodes_on_each
    story, hand = Story(nodes=nodes), Hand(sender=nodes.host, receiver=nodes.origin)
    story.take_in(sample("01"))
    story.send()
    excess = Hand(sender=nodes.host, receiver=nodes.origin, places=hand.places)
    bring(nodes.origin, hand, message(hand), excess.seal(excess.write(asking(skills={"education": "primary"}))))
    counted, there = kept(nodes.origin)
    assert counted == there > 0
    story.withdraw()
    nodes.deliver()
    erased, left = kept(nodes.origin)
    assert erased == left < there


def test_administrators_see_what_a_peer_brought_and_that_it_was_too_much(nodes: JoinedNodes, hand: Hand) -> None:
    narrow = replace(nodes.origin, shares=Shares(messages_a_day=SPOKEN + 1))
    bring(narrow, hand, message(hand))
    with pytest.raises(MessageQuota):
        bring(narrow, hand, message(hand))
    with nodes.origin.read(staff(Role.ADMINISTRATOR)) as work:
        assert [(one.peer, one.code) for one in refusals.listed(work)] == [(HOST_ID, "message-quota")]
        assert "look-at-share" in {one.what for one in key_tasks.tasks(work)}
        (stands,) = standing.standings(work)
    assert (stands.brought_today, stands.kept_bytes) == (SPOKEN + 1, kept(nodes.origin)[0])


def test_more_statements_than_a_node_keeps_are_not_taken_over(nodes: JoinedNodes) -> None:
    for _ in range(4):
        publishing.extend(nodes.host, staff(Role.ADMINISTRATOR))
    few = replace(nodes.origin, shares=Shares(statements=4))
    with nodes.origin.write(staff(Role.ADMINISTRATOR)) as work:
        keeping_up.refresh(work, HOST_ID)
    keeping_up.poll(few, nodes.transport)
    with nodes.origin.read() as work:
        assert len(peers.statements(work.session, HOST_ID)) == 1
        assert peers.find(work.session, HOST_ID).last_problem == "statements-too-many"
    with nodes.host.read() as work:
        published = peers.statements(work.session, HOST_ID)
    with nodes.origin.write(staff(Role.ADMINISTRATOR)) as work, pytest.raises(StatementsTooMany):
        keeping_up.bring(work, HOST_ID, published, few.shares)
    with nodes.origin.write(staff(Role.ADMINISTRATOR)) as work:
        assert keeping_up.bring(work, HOST_ID, published, nodes.origin.shares).version == len(published)


class OverRoutes(MemoryTransport):
    """Fetches statements from the host's web application."""

    app: TestClient

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        got = self.app.request(method, url, headers=dict(headers), content=body)
        return Answer(status=got.status_code, headers=dict(got.headers), body=got.content)


def test_of_a_long_chain_only_what_is_newer_is_fetched(nodes: JoinedNodes) -> None:
    for _ in range(3):
        publishing.extend(nodes.host, staff(Role.ADMINISTRATOR))
    network = OverRoutes(nodes=nodes.transport.nodes)
    network.app = TestClient(make_app(HOST, nodes.host))
    for fetched in (3, 0):
        with nodes.origin.write(staff(Role.ADMINISTRATOR)) as work:
            keeping_up.refresh(work, HOST_ID)
            after = peers.latest(work.session, HOST_ID).version
        assert len(registration.statements_at(network, nodes.host.identity.endpoint, after=after)) == fetched
        keeping_up.poll(nodes.origin, network)
        with nodes.origin.read() as work:
            assert peers.latest(work.session, HOST_ID).version == 4
            assert peers.find(work.session, HOST_ID).last_problem is None
    assert network.app.get(f"{federation.STATEMENTS}?after=-1").json()["code"] == "bad-input"
