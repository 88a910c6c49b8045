"""What the web application does with requests that are too much, or from nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from host_node.service import SERVICE
from relevo.delivery.federation import MAX_BODY
from relevo.domain.access import Role
from relevo.storage import users
from relevo.web.app import make_app
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
    assert client.post("/api/cases", json={"case": {}}).status_code == 401
    assert not nodes.host.bell.is_set()


def test_what_was_typed_wrongly_is_not_said_back(client: TestClient, nodes: JoinedNodes) -> None:
    with nodes.host.write() as work:
        token = users.add(work.session, "sample", Role.COUNSELLOR, work.at)
    wrong = {"taken_on": "Awa Sample", "classes": ["Awa Sample"], "interpreter": "Awa Sample", "by": 7}
    answered = client.post("/api/cases/x/consents", json=wrong, headers={"authorization": f"Bearer {token}"})
    assert (answered.status_code, answered.json()["code"]) == (400, "bad-input")
    assert "Awa" not in answered.text
