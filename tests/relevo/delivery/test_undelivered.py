"""What to do about a message that did not arrive is said beside its code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import host_node.release
import origin_node.release
import relevo
from host_node.service import SERVICE
from relevo.delivery.undelivered import HELD, QUEUED, REFUSED, next_step
from relevo.domain.access import Role
from relevo.errors import Reason
from relevo.storage import users
from relevo.web.app import make_app
from support.nodes import JoinedNodes
from support.story import Story, sample

REASONS = [
    one
    for module in (host_node.release, origin_node.release)
    for one in vars(module).values()
    if isinstance(one, Reason)
]


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.code)
def test_whatever_a_node_holds_back_has_its_sentence(reason: Reason) -> None:
    assert reason.code in HELD


def test_every_code_is_one_that_the_product_uses() -> None:
    files = [file for file in Path(relevo.__path__[0]).rglob("*.py") if file.name != "undelivered.py"]
    files += Path(host_node.__path__[0]).glob("*.py")
    words = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert {*HELD, *REFUSED, *QUEUED} <= words


def test_a_code_that_nobody_foresaw_is_for_the_administrator() -> None:
    assert "administrator" in str(next_step("refused", "a-new-code"))
    assert "tried again by itself" in str(next_step("queued", "peer-unreachable"))
    assert next_step("stored", None) is None


def test_the_timeline_says_what_to_do(nodes: JoinedNodes) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send(deliver=False)
    story.withdraw()
    nodes.deliver()
    with nodes.host.write() as work:
        token = users.add(work.session, "koffi", Role.COUNSELLOR, work.at)
    client = TestClient(make_app(SERVICE, nodes.host))
    shown = client.get(f"/api/referrals/{story.thread}", headers={"authorization": f"Bearer {token}"}).json()
    requested = shown["entries"][0]
    assert (requested["delivery"], requested["problem"]) == ("held", "consent-withdrawn")
    assert requested["next"].startswith("Nothing left: the person withdrew.")
