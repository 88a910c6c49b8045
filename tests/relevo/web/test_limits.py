"""What the web application does with requests that are too much, or from nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from host_node.service import SERVICE
from relevo.delivery import federation
from relevo.delivery.federation import MAX_BODY
from relevo.domain.access import Role
from relevo.storage import users
from relevo.web.app import make_app
from support.hand_made import Hand
from support.nodes import JoinedNodes


@pytest.fixture
def client(nodes: JoinedNodes) -> Iterator[TestClient]:
    """Speaks to the host as its server would be spoken to."""
    with TestClient(make_app(SERVICE, nodes.host)) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/api/cases", "/federation/v1/envelopes", "/federation/v1/possession"])
def test_a_body_that_is_larger_than_any_message_is_not_read(client: TestClient, path: str) -> None:
    assert client.post(path, content=b" " * (MAX_BODY + 1)).status_code == 413


def test_who_is_nobody_does_not_wake_the_courier(client: TestClient, nodes: JoinedNodes) -> None:
    nodes.host.database.bell.clear()
    assert client.post("/api/cases", json={"case": {}}).status_code == 401
    assert not nodes.host.database.bell.is_set()


def test_what_was_typed_wrongly_is_not_said_back(client: TestClient, nodes: JoinedNodes) -> None:
    with nodes.host.write() as work:
        token = users.add(work.session, "sample", Role.COUNSELLOR, work.at)
    wrong = {"taken_on": "Awa Sample", "classes": ["Awa Sample"], "interpreter": "Awa Sample", "by": 7}
    answered = client.post("/api/cases/x/consents", json=wrong, headers={"authorization": f"Bearer {token}"})
    assert (answered.status_code, answered.json()["code"]) == (400, "bad-input")
    assert "Awa" not in answered.text


def test_an_administrator_reads_what_was_refused_and_how_far_a_clock_is_off(
    client: TestClient, nodes: JoinedNodes
) -> None:
    hand = Hand(sender=nodes.origin, receiver=nodes.host)
    asked = hand.request(replace(hand.seal(hand.write({"step": {"name": "x"}}, "message")), sealed=b"x"))
    nodes.clock.move(timedelta(seconds=70))
    assert client.post(federation.ENVELOPES, content=asked.body, headers=asked.headers).status_code == 200
    with nodes.host.write() as work:
        headers = {"authorization": f"Bearer {users.add(work.session, 'sample', Role.ADMINISTRATOR, work.at)}"}
    (item,) = client.get("/api/refused", headers=headers).json()
    assert (item["peer"], item["code"], item["count"]) == ("ci:accueil", "sealed-changed", 1)
    assert item["next"]
    assert client.get("/api/peers", headers=headers).json()[0]["skew_seconds"] == -70


def test_who_is_no_administrator_does_not(client: TestClient, nodes: JoinedNodes) -> None:
    with nodes.host.write() as work:
        token = users.add(work.session, "sample", Role.COUNSELLOR, work.at)
    assert client.get("/api/refused", headers={"authorization": f"Bearer {token}"}).status_code == 403
