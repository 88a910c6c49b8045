"""A node that runs: how it begins, what it logs, and how it ends, by request or without warning."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection

import httpx
import pytest

from relevo.delivery.federation import ENVELOPES
from relevo.domain.access import Role
from relevo.storage.database import Database
from relevo.storage.sole import sole
from support.command_line import CommandLine
from support.processes import PATIENCE_SECONDS, NodeProcess, RunningPair, until
from support.story import sample


def test_a_port_that_is_taken_is_named_and_nothing_is_started(host: CommandLine) -> None:
    host.make()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = host.settings.read_text().replace("8101", str(port))
        host.settings.write_text(settings)
        refused = host.run("serve", status=2)
    assert f"cannot listen at 127.0.0.1 port {port}" in " ".join(refused.stderr.split())


def test_running_nodes_answer_log_no_addresses_and_survive_a_power_cut(running_nodes: RunningPair) -> None:
    origin = running_nodes.origin
    with origin.client(Role.INTAKE) as client:
        assert client.get("/api/me").json()["now"] == "2026-11-22T09:00:00Z"
        assert client.get("/api/me", params={"note": "secret-word"}).status_code == HTTPStatus.BAD_REQUEST
        assert "swagger" in client.get("/api").text
        origin.kill()
        origin.start()
        assert client.get("/api/sops").json()[0]["state"] == "agreed"
    assert "active" in origin.run("peer", "list")
    logged = origin.log.read_text()
    assert "secret-word" not in logged
    assert all(json.loads(line)["level"] for line in logged.splitlines())


def test_a_node_that_is_asked_to_end_finishes_what_is_under_way_and_takes_nothing_new(
    running_nodes: RunningPair,
) -> None:
    host = running_nodes.host
    begun = HTTPConnection("127.0.0.1", host.port, timeout=PATIENCE_SECONDS)
    body = json.dumps({"case": sample("01")}).encode()
    _begin(begun, "/api/cases", body[:100], len(body), host.tokens[Role.COUNSELLOR])
    host.ask_to_end()
    refused = until(lambda: _refused(host))
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "stopping", "5")
    begun.send(body[100:])
    assert begun.getresponse().status == 201
    begun.close()
    host.stop()
    assert host.log.read_text() == ""
    with pytest.raises(httpx.ConnectError):
        httpx.get(host.endpoint, trust_env=False)


def test_on_sqlite_one_process_does_everything(host: CommandLine) -> None:
    host.make()
    for words in (("serve", "--workers", "2"), ("serve", "--no-delivery"), ("deliver", "--stay")):
        assert "one-process-only" in host.run(*words, status=2).stderr
    with closing(Database(f"sqlite:///{host.folder / 'data' / 'node.db'}")) as database, sole(database) as ours:
        assert ours
        assert "served-already" in host.run("serve", status=2).stderr
    host.run("deliver")


def _begin(connection: HTTPConnection, path: str, body: bytes, length: int, token: str) -> None:
    """Send the head of a request and, as soon as the node waits for it, the first part of its body."""
    connection.putrequest("POST", path)
    fields = {"authorization": f"Bearer {token}", "content-type": "application/json", "content-length": str(length)}
    for name, value in {**fields, "expect": "100-continue"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.sock.recv(1024).startswith(b"HTTP/1.1 100 ")
    connection.send(body)


def _refused(node: NodeProcess) -> httpx.Response | None:
    """What a peer is told, once it is refused as a whole."""
    answered = httpx.post(f"{node.endpoint}{ENVELOPES}", content=b"{}", trust_env=False)
    return answered if answered.status_code == 503 else None
