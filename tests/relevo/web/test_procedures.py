"""The routes about procedures, over the real application of a host."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from host_node.service import SERVICE
from relevo.domain.access import Role
from relevo.storage import users
from relevo.web.app import make_app
from support.nodes import SOP, JoinedNodes

TEXT = SOP.read_text(encoding="utf-8")
SECOND = (
    TEXT.replace("version = 1", "version = 2")
    .replace("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    .replace('allowed = ["contact", "health-summary"]', 'allowed = ["contact", "family"]')
)


@pytest.fixture
def client(nodes: JoinedNodes) -> TestClient:
    with nodes.host.write() as work:
        token = users.add(work.session, "sample-admin", Role.ADMINISTRATOR, work.at)
    return TestClient(make_app(SERVICE, nodes.host), headers={"authorization": f"Bearer {token}"})


def test_a_difference_is_told_with_what_may_move_now(client: TestClient) -> None:
    client.post("/api/sops", json={"text": SECOND})
    told = client.get("/api/sops/es-ci-return@2/difference", params={"old": "es-ci-return@1"}).json()
    assert [(one["data_class"], one["purpose"]) for one in told["opened"]] == [("family", "medical-continuity")]
    assert [one["data_class"] for one in told["barred"]] == ["health-summary"]
    assert {"path": "version", "kind": "changed", "old": "1", "new": "2"} in told["changes"]


def test_the_list_says_what_each_version_is_good_for_now(client: TestClient) -> None:
    client.post("/api/sops", json={"text": SECOND})
    listed = client.get("/api/sops").json()
    assert [(one["version"], one["state"], one["standing"]) for one in listed] == [
        (1, "agreed", "in-force"),
        (2, "draft", None),
    ]


def test_a_version_that_cannot_follow_is_refused_with_every_reason(client: TestClient) -> None:
    digest = client.post("/api/sops", json={"text": f"# again\n{TEXT}"}).json()["digest"]
    refused = client.post(f"/api/sops/{digest}/propose")
    assert refused.json()["code"] == "sop-not-next"
    assert [reason["code"] for reason in refused.json()["reasons"]] == ["sop-version-not-higher", "sop-notice-short"]
