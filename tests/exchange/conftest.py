"""Two whole nodes, joined in memory, at the beginning of a story."""

from __future__ import annotations

import pytest

from support.hand_made import Hand
from support.nodes import JoinedNodes
from support.story import Story, changed, sample


@pytest.fixture
def story(nodes: JoinedNodes) -> Story:
    """Case 01 imported, with its consent recorded; nothing has been sent."""
    begun = Story(nodes=nodes)
    begun.take_in(sample("01"))
    return begun


@pytest.fixture
def sent(story: Story) -> Story:
    """The same, sent and receipted."""
    story.send()
    return story


@pytest.fixture
def hand(nodes: JoinedNodes) -> Hand:
    """Writes to the origin as the host, without asking the host's rules."""
    return Hand(sender=nodes.host, receiver=nodes.origin)


@pytest.fixture
def costed(nodes: JoinedNodes) -> Story:
    """Case 01 with a consent that covers costs, sent and accepted."""
    begun, case = Story(nodes=nodes), sample("01")
    given = case["consent"]
    assert isinstance(given, dict)
    agreed = given["classes"]
    assert isinstance(agreed, list)
    begun.take_in(changed(case, "consent", classes=[*agreed, "costs"]))
    begun.send()
    begun.accept()
    return begun
