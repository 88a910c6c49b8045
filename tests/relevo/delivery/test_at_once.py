"""Several at once, on either database: each rule that looks before it acts acts on what is still so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from host_node import cases, consents
from host_node import referrals as sending
from origin_node import referrals as verbs
from relevo.delivery import federation
from relevo.delivery.courier import Courier
from relevo.delivery.loads import BATCH
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.delivery.sequencer import sequence
from relevo.delivery.transport import Answer, Transport
from relevo.errors import RelevoError
from relevo.storage.tables import LogEntryRow, OutboxRow
from support.hand_made import Hand, asking
from support.nodes import JoinedNodes
from support.processes import PATIENCE_SECONDS, until
from support.story import Story, changed, sample
from support.traces import count_of

AT_ONCE = 4


@pytest.fixture
def story(nodes_on_each: JoinedNodes) -> Story:
    """Case 01 imported with its consent, on each database; nothing has been sent."""
    begun = Story(nodes=nodes_on_each)
    begun.take_in(sample("01"))
    return begun


def test_a_case_is_sent_once_however_many_send_it(story: Story) -> None:
    assert _refusals(*[lambda: story.send(deliver=False)] * AT_ONCE) == ["referral-open"] * (AT_ONCE - 1)


def test_a_referral_is_accepted_or_declined_and_never_both(story: Story) -> None:
    story.send()
    story.origin(verbs.acknowledge)

    def accept() -> None:
        with story.at_origin() as work:
            verbs.accept(work, story.thread)

    def decline() -> None:
        with story.at_origin() as work:
            verbs.decline(work, story.thread, "no-capacity")

    assert _refusals(accept, decline) == ["illegal-step"]
    story.nodes.deliver()
    assert story.row(story.nodes.host).status == story.row(story.nodes.origin).status


def test_couriers_beside_each_other_bring_a_message_that_has_one_effect(story: Story) -> None:
    story.send(deliver=False)
    courier = Courier(story.nodes.host, story.nodes.transport)
    assert _refusals(*[courier.run_once] * AT_ONCE) == []
    assert [entry.delivery for entry in story.timeline(story.nodes.host)] == ["stored"]
    assert len(story.timeline(story.nodes.origin)) == 1


@dataclass
class Meeting:
    """Lets a request through once as many are on their way as are to meet."""

    transport: Transport
    meet: threading.Barrier

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        self.meet.wait(PATIENCE_SECONDS)
        return self.transport.send(method, url, headers, body)


def test_the_next_load_is_at_the_peer_before_the_first_has_its_answer(story: Story) -> None:
    story.send(deliver=False)
    with story.at_host() as work:
        for number in range(BATCH):
            case = cases.import_case(
                work, cases.as_file(changed(sample("01"), "identity-min", reference=f"X-{number}"))
            )
            consents.record_from_file(work, case)
            sending.send(work, case)
    host = story.nodes.host
    courier = Courier(host, Meeting(story.nodes.transport, threading.Barrier(2)))
    courier.dispatch()
    until(lambda: not _queued(host))
    courier.stop()
    assert [count_of(node)["referral"] for node in story.nodes.both] == [BATCH + 1] * 2


def _queued(node: Node) -> int:
    with node.read() as work:
        return work.session.scalar(select(func.count()).where(OutboxRow.state == OutboxState.QUEUED)) or 0


def test_one_request_that_arrives_twice_at_once_is_taken_once(nodes_on_each: JoinedNodes) -> None:
    hand = Hand(sender=nodes_on_each.host, receiver=nodes_on_each.origin)
    request = hand.request(hand.seal(hand.write(asking())))
    again = [lambda: federation.take_envelopes(nodes_on_each.origin, request)] * AT_ONCE
    assert _refusals(*again) == ["nonce-seen"] * (AT_ONCE - 1)


def test_sequencers_beside_each_other_give_each_entry_one_place(story: Story) -> None:
    story.send(deliver=False)
    host = story.nodes.host
    assert _refusals(*[lambda: sequence(host)] * AT_ONCE) == []
    with host.read() as work:
        places = list(work.session.scalars(select(LogEntryRow.position).order_by(LogEntryRow.position)))
    assert places == list(range(len(places)))


def _refusals(*acts: Callable[[], object]) -> list[str]:
    """Do all of it at once; the codes of what was refused. Anything else that is raised fails the test."""
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> str | None:
        together.wait()
        try:
            act()
        except RelevoError as refused:
            return refused.code
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return [code for code in pool.map(run, acts) if code is not None]
