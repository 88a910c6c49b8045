"""What could keep post from moving: a message held before it, too much at once, a statement or clock gone wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from origin_node import follow_up
from origin_node import referrals as verbs
from relevo.delivery import federation, loads, settlement, sop_exchange
from relevo.delivery.courier import Courier
from relevo.delivery.transport import Answer, HttpTransport, PeerUnreachable
from relevo.domain.access import Role
from relevo.domain.data_classes import DataClass
from relevo.protocol.manifest import said_in
from relevo.protocol.receipt import Receipt, sign_receipt
from relevo.protocol.sd_jwt import Disclosure
from relevo.protocol.strict_json import JsonObject
from relevo.storage import erasure, peers, referrals, sops
from relevo.storage.tables import InboxRow, ManifestRow, OutboxRow, PeerRow, ReferralRow
from support.nodes import AT, HOST_ID, ORIGIN_ID, SOP, JoinedNodes, MemoryTransport, staff
from support.story import Story, changed, sample

OUTCOME: JsonObject = {"services": [{"service": "business-start", "status": "in-progress"}]}


def test_what_was_queued_behind_a_message_that_is_held_still_arrives(sent: Story) -> None:
    sent.accept()
    sent.arrive()
    host, origin = sent.nodes.both
    sent.nodes.transport.disconnect(host)
    with sent.at_origin() as work:
        follow_up.report(work, sent.thread, 1, moved={}, results={"outcome": OUTCOME})
        verbs.hold(work, sent.thread, "the workshop is closed in winter")
    sent.nodes.deliver()
    sent.nodes.clock.move(timedelta(days=700))
    sent.nodes.transport.connect(host)
    for _ in range(2):
        sent.nodes.deliver()
        sent.nodes.clock.move(timedelta(days=1))
    deliveries = sent.deliveries(origin)
    assert (deliveries["follow-up"], deliveries["held"]) == ("held", "stored")
    assert sent.row(host).status == sent.row(origin).status == "on-hold"


def test_what_stands_behind_a_message_that_is_held_in_the_same_load_leaves_without_naming_it(
    nodes: JoinedNodes,
) -> None:
    story, month = Story(nodes=nodes), timedelta(days=30)
    ends = nodes.clock.now().date() + month
    story.take_in(changed(sample("01"), "consent", expires_on=ends.isoformat()))
    story.send()
    story.accept()
    story.arrive()
    with story.at_origin() as work:
        follow_up.report(work, story.thread, 1, moved={}, results={"outcome": OUTCOME})
        verbs.hold(work, story.thread, "the workshop is closed in winter")
    nodes.clock.move(2 * month)
    Courier(nodes.origin, nodes.transport).run_once()
    deliveries = story.deliveries(nodes.origin)
    assert (deliveries["follow-up"], deliveries["held"]) == ("held", "stored")


def test_more_than_one_request_can_hold_is_brought_in_several(nodes: JoinedNodes) -> None:
    padding = "".join(f"# {'x' * 1000}\n" for _ in range(175))
    with nodes.host.write(staff(Role.ADMINISTRATOR)) as work:
        for number in range(26):
            text = SOP.read_text(encoding="utf-8").replace("version = 1", f"version = {number + 2}")
            text = padding + text.replace("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
            sop_exchange.propose(work, sops.keep(work.session, text, own=HOST_ID, at=work.at))
    for _ in range(3):
        nodes.clock.move(timedelta(hours=1))
        Courier(nodes.host, nodes.transport).run_once()
    assert all(len(request.body) <= federation.MAX_BODY for request in nodes.transport.carried)
    assert _waiting(nodes) == 0


def test_what_was_sealed_is_brought_although_the_statement_has_ended_since(nodes: JoinedNodes) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    nodes.transport.drop_next_request()
    story.send(deliver=False)
    courier = Courier(nodes.host, nodes.transport)
    courier.run_once()
    nodes.clock.move(timedelta(days=85))
    with nodes.host.read() as work:
        ends = peers.latest(work.session, ORIGIN_ID).exp
    nodes.clock.move_to(ends)
    courier.run_once()
    assert nodes.transport.carried[-1].url.endswith(federation.ENVELOPES)
    assert nodes.transport.carried[-1].answer is not None


def test_what_was_under_way_when_a_node_died_is_sealed_anew_in_its_place(nodes: JoinedNodes) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send(deliver=False)
    with nodes.host.write() as work:
        lost = loads.make(nodes.host, work, ORIGIN_ID, "", ())
    assert lost is not None
    Courier(nodes.host, nodes.transport).run_once()
    assert story.deliveries(nodes.host) == {"requested": "stored"}
    with nodes.host.read() as work:
        tokens = work.session.scalars(select(ManifestRow.token).where(ManifestRow.jti.in_(lost.jtis)))
        first, second = (said_in(token).attempt for token in tokens)
    assert (first.epoch, first.seq) == (second.epoch, second.seq)
    assert first.sealed != second.sealed


@dataclass
class Interrupting(MemoryTransport):
    """Somebody works on the sender while a request is under way that never arrives; then all others do."""

    meanwhile: Callable[[], None] | None = None

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.meanwhile is not None:
            work, self.meanwhile = self.meanwhile, None
            work()
            self.drop_next_request()
        return super().send(method, url, headers, body)


ERASED: dict[str, Callable[[Session, ReferralRow], None]] = {
    "a class": lambda session, row: erasure.erase_classes(session, row, [DataClass.NEEDS]),
    "everything": erasure.erase_thread,
}


@pytest.mark.parametrize("gone", ERASED.values(), ids=ERASED.keys())
def test_what_was_erased_while_it_was_under_way_is_not_repeated(
    nodes: JoinedNodes, gone: Callable[[Session, ReferralRow], None]
) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send(deliver=False)

    def erase() -> None:
        with nodes.host.write() as work:
            gone(work.session, referrals.by_thread(work.session, story.thread))

    courier = Courier(nodes.host, Interrupting(nodes=nodes.transport.nodes, meanwhile=erase))
    courier.run_once()
    with nodes.host.read() as work:
        assert set(work.session.scalars(select(OutboxRow.sealed))) == {None}
    nodes.clock.move(timedelta(hours=1))
    courier.run_once()
    with nodes.origin.read() as work:
        came = work.session.scalars(select(InboxRow.disclosures)).all()
    assert not [one for said in came for one in said or () if Disclosure.parse(one).name == DataClass.NEEDS]


@pytest.mark.parametrize("where", ["the message", "the peer"])
def test_a_pause_until_next_year_from_a_clock_that_went_wrong_is_over(nodes: JoinedNodes, where: str) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send(deliver=False)
    with nodes.host.write() as work:
        messages = work.session.scalars(select(OutboxRow).where(OutboxRow.state == "queued")).all()
        paused: Sequence[OutboxRow | PeerRow] = messages if where == "the message" else peers.everybody(work.session)
        paused[-1].next_attempt_at = AT + timedelta(days=365)
    Courier(nodes.host, nodes.transport).run_once()
    assert story.deliveries(nodes.host) == {"requested": "stored"}


def test_a_refusal_with_the_longest_code_is_kept_on_each_database(nodes_on_each: JoinedNodes) -> None:
    story = Story(nodes=nodes_on_each)
    story.take_in(sample("01"))
    story.send(deliver=False)
    host, origin = nodes_on_each.both
    nodes_on_each.transport.drop_next_request()
    Courier(host, nodes_on_each.transport).run_once()
    with host.write() as work:
        (row,) = work.session.scalars(select(OutboxRow).where(OutboxRow.thread == story.thread))
        (made,) = work.session.scalars(select(ManifestRow.digest).where(ManifestRow.jti == row.jti))
        refusal = Receipt(
            iss=ORIGIN_ID, aud=HOST_ID, of=made, jti=row.jti, disposition="refused", code="x" * 64, received_at=AT
        )
        token = sign_receipt(refusal, origin.identity.keys.signing)
        sent = settlement.gather(work.session, ORIGIN_ID, [row.jti]).messages[row.jti]
        assert settlement.settle(work, sent, {"receipt": token}, peers.trust(work.session))
    assert [entry.problem for entry in story.timeline(host)] == ["x" * 64]


UNREACHABLE = ["https://256.256.256.256", f"https://{'a' * 70}.example", "https://a..b", "https://xn--"]


@pytest.mark.parametrize("address", UNREACHABLE)
def test_an_address_that_cannot_be_one_is_a_peer_that_cannot_be_reached(address: str) -> None:
    transport = HttpTransport()
    with pytest.raises(PeerUnreachable):
        transport.send("GET", address + federation.STATEMENTS, {}, b"")
    transport.close()


def _waiting(nodes: JoinedNodes) -> int:
    with nodes.host.read() as work:
        return len(work.session.scalars(select(OutboxRow).where(OutboxRow.state == "queued")).all())
