"""Two whole nodes, joined in memory, as far along as a test of delivery needs."""

from __future__ import annotations

import pytest

from support.hand_made import Hand
from support.nodes import JoinedNodes
from support.story import Story, sample


@pytest.fixture
def sent(nodes: JoinedNodes) -> Story:
    """Case 01 imported with its consent, sent and receipted."""
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    return story


@pytest.fixture
def hand(nodes: JoinedNodes) -> Hand:
    """Writes to the origin as the host, without asking the host's rules."""
    return Hand(sender=nodes.host, receiver=nodes.origin)
