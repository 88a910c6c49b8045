"""A message that was tried and then held back leaves its place empty: neither node calls that a gap for ever."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from relevo.delivery import comparison, empty_places, epochs, reconcile, standing
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.delivery.standing import Standing
from relevo.domain.access import Role
from relevo.storage import streams
from relevo.storage.tables import InboxRow, OutboxRow
from relevo.storage.tables_streams import FormerReceiptRow
from support.backups import Backup
from support.nodes import HOST_ID, ORIGIN_ID, JoinedNodes, staff
from support.story import Story, changed, sample


def stands(node: Node) -> Standing:
    """How the post of a node with its one peer stands."""
    with node.read(staff(Role.ADMINISTRATOR)) as work:
        (one,) = standing.standings(work)
        return one


def another(nodes: JoinedNodes) -> Story:
    """A second case, sent like the first."""
    story = Story(nodes=nodes)
    story.take_in(changed(sample("01"), "identity-min", reference="ES-ANOTHER-1"))
    return story


@pytest.fixture
def held(story: Story) -> Story:
    """The first message was tried, got lost, and the person withdrew; what came behind it has arrived."""
    story.nodes.transport.drop_next_request()
    story.send()
    story.withdraw()
    story.later(hours=1)
    another(story.nodes).send()
    return story


def test_a_place_that_was_held_back_is_no_gap_at_either_node(held: Story) -> None:
    host, origin = held.nodes.both
    with origin.read() as work:
        assert streams.missing(streams.received(work.session, HOST_ID).gaps) == 1
    held.later(hours=1)
    held.nodes.deliver()
    assert standing.is_well(stands(host))
    assert standing.is_well(stands(origin))
    for node, peer in ((host, ORIGIN_ID), (origin, HOST_ID)):
        assert compared(node, held, peer) == []


def test_a_place_at_which_something_is_still_to_come_stays_a_gap(held: Story) -> None:
    host, origin = held.nodes.both
    with host.write() as work:
        row = work.session.get_one(OutboxRow, _held(held))
        row.state = OutboxState.QUEUED
    empty_places.look(origin, held.nodes.transport, HOST_ID)
    assert stands(origin).missing_here == 1
    assert not standing.is_well(stands(origin))


def test_a_place_of_a_new_epoch_is_no_gap_if_its_message_had_arrived_in_the_one_before(story: Story) -> None:
    story.send(deliver=False)
    host, origin = story.nodes.both
    backup = Backup.of(host)
    story.nodes.deliver()
    backup.put_back()
    reconcile.at_start(host, story.nodes.transport)
    with host.write(staff(Role.ADMINISTRATOR)) as work:
        epochs.confirm(work, "the disk broke")
    story.nodes.deliver()
    another(story.nodes).send()
    with origin.read() as work:
        assert streams.received(work.session, HOST_ID).gaps == ((2, 2),)
    story.later(hours=2)
    story.nodes.deliver()
    assert (stands(origin).missing_here, stands(host).missing_there) == (0, 0)
    with host.read() as work:
        assert work.session.scalars(select(FormerReceiptRow)).all() == [], "nothing is offered again"
    for node, peer in ((host, ORIGIN_ID), (origin, HOST_ID)):
        assert compared(node, story, peer) == []


def test_epochs_that_ended_are_compared_too(story: Story) -> None:
    story.send()
    host, origin = story.nodes.both
    for node, peer in ((host, ORIGIN_ID), (origin, HOST_ID)):
        with node.write(staff(Role.ADMINISTRATOR)) as work:
            epochs.stop(work, peer)
            epochs.confirm(work, "to be sure")
    story.nodes.deliver()
    with origin.write() as work:
        row = work.session.scalars(select(InboxRow).where(InboxRow.kind == "requested")).one()
        work.session.delete(row)
    assert compared(host, story, ORIGIN_ID) == [("missing-there", True, 1)]
    assert compared(origin, story, HOST_ID) == [("missing-here", False, 1)]


def compared(node: Node, story: Story, peer: str) -> list[tuple[str, bool, int]]:
    """What a comparison by an administrator finds: the finding, whose stream, which epoch."""
    found = comparison.compare(node, story.nodes.transport, peer, staff(Role.ADMINISTRATOR))
    return [(one.finding, one.sent, one.epoch) for one in found.one_sided]


def _held(story: Story) -> str:
    with story.nodes.host.read() as work:
        return work.session.scalars(select(OutboxRow.jti).where(OutboxRow.state == OutboxState.HELD)).one()
