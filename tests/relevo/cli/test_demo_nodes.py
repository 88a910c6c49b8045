"""The nodes of the demo end with it, and leave nothing behind."""

from __future__ import annotations

import httpx
import pytest

from relevo.cli import demo_joining, demo_nodes
from relevo.cli.demo_process import NodeFailed
from relevo.cli.demo_story import START
from relevo.domain.access import Role

HOST = "es:retorno"


def test_a_node_serves_until_the_demo_ends_and_its_folder_goes_with_it() -> None:
    with demo_nodes.nodes(START, (HOST,), relayed=(HOST,)) as one:
        demo_joining.start(one)
        node = one.by_id[HOST]
        me = node.call(Role.COUNSELLOR, "GET", "/me")
        assert (me["node"], me["role"]) == (HOST, "counsellor")
        assert node.relay is not None
        through = httpx.get(f"http://127.0.0.1:{node.door}/.well-known/relevo-node", trust_env=False)
        assert through.is_success
    assert not node.folder.parent.exists()
    with pytest.raises(NodeFailed):
        node.call(Role.COUNSELLOR, "GET", "/me")


def test_a_node_that_cannot_start_says_so() -> None:
    with demo_nodes.nodes(START, (HOST,)) as one, pytest.raises(NodeFailed, match="did not start"):
        one.by_id[HOST].start()
