"""A message leaves with the transaction that queues it, where nothing stands in its way; otherwise it waits as ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update

from host_node import cases, consents
from host_node import referrals as sending
from relevo.delivery.courier import Courier
from relevo.delivery.outbox import OutboxState
from relevo.protocol import strict_json
from relevo.storage.tables import OutboxRow, PeerRow
from support.inline import Inline
from support.nodes import ORIGIN_ID, JoinedNodes
from support.story import Story, changed, sample

LONG_AFTER = timedelta(days=800)
"""When the consent of case 01 has run out."""


@pytest.fixture
def story(nodes_on_each: JoinedNodes) -> Story:
    """Case 01 taken in, on each database; the host's courier lets messages leave at once."""
    return _attended(nodes_on_each)


def _attended(nodes: JoinedNodes) -> Story:
    begun = Story(nodes=nodes)
    begun.take_in(sample("01"))
    nodes.host.post.leaving = Courier(nodes.host, nodes.transport, Inline()).leaving
    nodes.transport.carried.clear()
    return begun


def test_a_referral_is_receipted_without_any_turn_of_a_worker(story: Story) -> None:
    story.send(deliver=False)
    assert [entry.delivery for entry in story.timeline(story.nodes.host)] == ["stored"]
    assert story.row(story.nodes.origin).thread == story.thread


def test_it_is_kept_with_one_commit_and_its_receipt_with_another(story: Story) -> None:
    commits: list[object] = []
    event.listen(story.nodes.host.database.engine, "commit", commits.append)
    story.send(deliver=False)
    assert len(commits) == 2


def test_what_is_done_in_an_open_referral_leaves_at_once_as_well(story: Story) -> None:
    story.send(deliver=False)
    story.nodes.transport.carried.clear()
    with story.at_host() as work:
        sending.change_journey(work, story.thread, {"flight": "IB3733"})
    assert _left(story) == [1]
    assert [entry.delivery for entry in story.timeline(story.nodes.host)] == ["stored", "stored"]


def _two_acts(story: Story) -> None:
    with story.at_host() as work:
        sending.send(work, cases.find(work, story.case))
        other = cases.import_case(work, cases.as_file(changed(sample("01"), "identity-min", reference="X-1")))
        consents.record_from_file(work, other)
        sending.send(work, other)


def _under_way(story: Story) -> None:
    with story.nodes.host.database.lease(ORIGIN_ID):
        story.send(deliver=False)


def _peer_rests(story: Story) -> None:
    _change_peer(story, next_attempt_at=story.nodes.clock.now() + timedelta(minutes=1))
    story.send(deliver=False)
    _change_peer(story, next_attempt_at=None)


def _peer_was_down(story: Story) -> None:
    _change_peer(story, failures=1)
    story.send(deliver=False)


def _by_the_node_itself(story: Story) -> None:
    with story.nodes.host.write() as work:
        sending.send(work, cases.find(work, story.case))


def _behind_one_of_its_thread(story: Story) -> None:
    _under_way(story)
    with story.at_host() as work:
        sending.change_journey(work, story.thread, {"flight": "IB3733"})


WAITS: dict[str, tuple[Callable[[Story], None], list[int]]] = {
    "two messages of one transaction": (_two_acts, [2]),
    "another courier is at the peer": (_under_way, [1]),
    "the peer rests": (_peer_rests, [1]),
    "the peer was down": (_peer_was_down, [1]),
    "the node acts by itself": (_by_the_node_itself, [1]),
    "an earlier one of its thread waits": (_behind_one_of_its_thread, [2]),
}


@pytest.mark.parametrize("name", WAITS)
def test_it_waits_for_the_courier(nodes: JoinedNodes, name: str) -> None:
    act, leave = WAITS[name]
    story = _attended(nodes)
    act(story)
    assert _left(story) == []
    assert Courier(nodes.host, nodes.transport).run_once() == sum(leave)
    assert _left(story) == leave


def test_what_may_not_leave_any_more_is_left_to_the_courier_who_holds_it(nodes: JoinedNodes) -> None:
    story = _attended(nodes)
    story.send(deliver=False)
    nodes.clock.move(LONG_AFTER)
    with story.at_host() as work:
        sending.depart(work, story.thread, work.at)
    assert story.deliveries(nodes.host)["departed"] == "queued"
    Courier(nodes.host, nodes.transport).run_once()
    assert story.deliveries(nodes.host)["departed"] == "held"
    assert _left(story) == [1]


def test_what_was_lost_on_its_way_is_tried_again_as_the_same_message(story: Story) -> None:
    story.nodes.transport.drop_next_answer()
    story.send(deliver=False)
    assert [entry.delivery for entry in story.timeline(story.nodes.host)] == ["queued"]
    story.nodes.clock.move(timedelta(hours=1))
    assert Courier(story.nodes.host, story.nodes.transport).run_once() == 1
    assert _left(story) == [1, 1]
    assert len(story.timeline(story.nodes.origin)) == 1


def test_a_courier_that_stops_leaves_it_queued(story: Story) -> None:
    courier = Courier(story.nodes.host, story.nodes.transport, Inline())
    story.nodes.host.post.leaving = courier.leaving
    courier.stop()
    story.send(deliver=False)
    assert (_left(story), _queued(story)) == ([], 1)


def test_a_transaction_that_is_not_committed_leaves_the_way_free(nodes: JoinedNodes) -> None:
    story, engine = _attended(nodes), nodes.host.database.engine
    event.listen(engine, "commit", _refuse)
    with pytest.raises(_RefusedError):
        story.send(deliver=False)
    event.remove(engine, "commit", _refuse)
    assert (_left(story), _queued(story)) == ([], 0)
    story.send(deliver=False)
    assert _left(story) == [1]


class _RefusedError(Exception):
    """The database did not commit."""


def _refuse(_connection: object) -> None:
    raise _RefusedError


def _left(story: Story) -> list[int]:
    """How many messages each request carried."""
    return [len(strict_json.load(one.body)["envelopes"]) for one in story.nodes.transport.carried]


def _queued(story: Story) -> int:
    with story.nodes.host.read() as work:
        waiting = select(func.count()).where(OutboxRow.state == OutboxState.QUEUED)
        return work.session.scalar(waiting) or 0


def _change_peer(story: Story, **values: object) -> None:
    with story.nodes.host.write() as work:
        work.session.execute(update(PeerRow).values(**values))
