"""The log, its witnesses and its alarms, as administrators see them in the API and among their tasks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from host_node.service import SERVICE
from relevo.delivery import log_files
from relevo.domain.access import Role
from relevo.protocol.log_growth import read_growth
from relevo.storage import users, witness
from relevo.web.app import make_app
from support.nodes import ORIGIN_ID, JoinedNodes


@pytest.fixture
def client(nodes: JoinedNodes) -> TestClient:
    nodes.clock.move(timedelta(minutes=2))
    nodes.deliver()
    with nodes.host.write() as work:
        token = users.add(work.session, "sample-admin", Role.ADMINISTRATOR, work.at)
        witness.alarm(work.session, ORIGIN_ID, "log-forked", work.at, known="one\n", shown="another\n")
    return TestClient(make_app(SERVICE, nodes.host), headers={"authorization": f"Bearer {token}"})


def test_the_head_of_the_log_and_who_has_seen_it(client: TestClient) -> None:
    told = client.get("/api/log").json()
    assert told["verifier_key"].startswith("es:retorno/log+")
    (seen,) = told["witnesses"]
    assert (seen["peer"], seen["size"], seen["problem"]) == (ORIGIN_ID, told["size"], None)
    assert seen["verifier_key"].startswith("ci:accueil/witness+")


def test_the_proof_that_the_log_only_grew(client: TestClient) -> None:
    size = client.get("/api/log").json()["size"]
    found = read_growth(client.get(f"/api/log/growth?old=1&new={size}").content)
    assert (found.old, found.new) == (1, size)
    refused = client.get(f"/api/log/growth?old={size}&new={size}")
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")


def test_an_alarm_stays_until_somebody_has_looked_and_then_stays_in_the_list(client: TestClient) -> None:
    assert [task["what"] for task in client.get("/api/tasks").json()] == ["log-alarm"]
    (alarm,) = client.get("/api/log/alarms").json()
    assert (alarm["code"], alarm["known"], alarm["shown"], alarm["seen_by"]) == (
        "log-forked",
        "one\n",
        "another\n",
        None,
    )
    assert client.post(f"/api/log/alarms/{alarm['id']}/seen").json()["seen_by"] == "sample-admin"
    assert client.get("/api/tasks").json() == []
    assert len(client.get("/api/log/alarms").json()) == 1
    assert client.post("/api/log/alarms/99/seen").json()["code"] == "not-found"


def test_the_files_of_the_log_need_no_token(client: TestClient, nodes: JoinedNodes) -> None:
    del client.headers["authorization"]
    shown = client.get("/log/checkpoint")
    assert shown.text == log_files.newest(nodes.host)
    size = int(shown.text.split("\n")[1])
    part = client.get(f"/log/tile/0/000.p/{size}")
    assert (len(part.content), part.headers["cache-control"]) == (32 * size, "no-store")
    assert len(client.get(f"/log/tile/entries/000.p/{size}").content) == 34 * size
    refused = client.get(f"/log/tile/0/000.p/{size + 1}")
    assert (refused.status_code, refused.json()["code"]) == (404, "tile-unknown")
    assert client.get("/log/../api/me").status_code in {401, 404}
    assert client.get("/api/log").status_code == 401
