"""A clock that was ahead when a key was made and is put right: nothing that is signed meanwhile is lost for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relevo.delivery import publishing
from relevo.delivery.node import Node
from relevo.domain.access import Role as Office
from relevo.protocol.keyring import Role
from relevo.storage import peers
from support.nodes import JoinedNodes, staff
from support.story import Story, sample
from support.traces import count_of

AHEAD = timedelta(days=1)
ADMINISTRATOR = staff(Office.ADMINISTRATOR)


@pytest.fixture
def story(nodes: JoinedNodes) -> Story:
    """Case 01 imported with its consent; nothing has been sent."""
    begun = Story(nodes=nodes)
    begun.take_in(sample("01"))
    return begun


def rotate_too_early(story: Story, node: Node, ahead: timedelta) -> None:
    """A node gets a new signing key, heard of by its peer, while clocks are ahead; then they are put right.

    The version of its statement before that one was made by the wrong clock too; otherwise the key would be in use from
    the moment of that version on.
    """
    story.nodes.clock.move(ahead)
    for role in (Role.ENCRYPTION, Role.SIGNING):
        publishing.rotate(node, ADMINISTRATOR, role)
    host, origin = story.nodes.both
    with (origin if node is host else host).write() as work:
        peers.ask_again(work.session, [node.identity.node_id])
    story.nodes.deliver()
    story.nodes.clock.move(-ahead)


def hear(story: Story) -> None:
    """Time passes, and both hear of each other's keys."""
    for _ in range(3):
        story.later(minutes=2)
        story.nodes.deliver()


def test_a_receiver_signs_no_receipt_that_nobody_could_verify(story: Story) -> None:
    rotate_too_early(story, story.nodes.origin, AHEAD)
    story.send()
    assert story.deliveries(story.nodes.host) == {"requested": "queued"}
    assert count_of(story.nodes.origin)["referral"] == 0
    story.nodes.clock.move(AHEAD)
    hear(story)
    assert story.deliveries(story.nodes.host) == {"requested": "stored"}


def test_what_a_sender_signed_too_early_is_signed_again_when_its_key_is_in_use(story: Story) -> None:
    rotate_too_early(story, story.nodes.host, AHEAD)
    story.send()
    assert story.deliveries(story.nodes.host) == {"requested": "queued"}
    story.nodes.clock.move(AHEAD)
    hear(story)
    assert story.deliveries(story.nodes.host) == {"requested": "stored"}
    assert len(story.timeline(story.nodes.origin)) == 1


def test_a_clock_that_is_put_back_by_minutes_stops_nothing(story: Story) -> None:
    rotate_too_early(story, story.nodes.origin, timedelta(minutes=4))
    story.send()
    assert story.deliveries(story.nodes.host) == {"requested": "stored"}
