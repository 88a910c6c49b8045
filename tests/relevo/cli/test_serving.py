"""A node that runs: how it begins, what it logs, and how it ends, by request or without warning."""

from __future__ import annotations

import json
import socket
from http import HTTPStatus

import httpx

from relevo.domain.access import Role
from support.command_line import CommandLine
from support.nodes import AT
from support.processes import RunningPair


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


def test_a_node_that_is_asked_to_end_does_so_and_takes_no_more_requests(running_nodes: RunningPair) -> None:
    host = running_nodes.host
    running_nodes.move_to(AT.replace(day=23))
    with host.client(Role.COUNSELLOR) as client:
        assert client.get("/api/me").json()["now"] == "2026-11-23T09:00:00Z"
    host.stop()
    assert host.log.read_text() == ""
    try:
        httpx.get(host.endpoint, trust_env=False)
    except httpx.ConnectError:
        return
    raise AssertionError("the node still listens")
