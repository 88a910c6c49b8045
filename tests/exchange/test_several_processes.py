"""A node as several processes on one PostgreSQL: they share the work, and go on when the database was gone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from relevo.domain.access import Role
from relevo.runtime import Service
from relevo.storage.database import Database
from relevo.storage.tables import InboxRow
from support.databases import PostgresDatabases
from support.killing import Load, broken, waiting
from support.postgres import Cluster, running_cluster
from support.processes import NodeProcess, RunningPair, running_pair, until
from support.story import changed, sample

REFERRALS = 6
RARELY = 60
"""Seconds between two turns: longer than any test waits, so that what is brought was brought because somebody rang."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of its own, because it is stopped; it remembers what it committed."""
    with running_cluster(durable=True) as running:
        yield running


@pytest.fixture
def pair(tmp_path: Path, cluster: Cluster, services: tuple[Service, Service]) -> Iterator[RunningPair]:
    """A host whose turns are rare, as three processes (two for requests, one for the post), and an origin as one."""
    addresses = PostgresDatabases(cluster).empty(), f"sqlite:///{tmp_path / 'origin.db'}"
    with running_pair(tmp_path, services, addresses) as running:
        host = running.host
        host.stop()
        _look_rarely(host)
        host.start("--workers", "2")
        yield running


def test_they_do_each_thing_once_and_go_on_whoever_was_killed_and_after_the_database_was_gone(
    pair: RunningPair, cluster: Cluster
) -> None:
    load = Load(pair)
    with _deliverer(pair.host) as second:
        _work(pair, load, 1)
        for process in (second.pid, *_watched_by(pair.host)):
            os.kill(process, signal.SIGKILL)
    until(lambda: _answers(pair.host))
    _work(pair, load, 2)
    with cluster.stopped():
        assert _asked(pair.host, "/api/me") == (503, "database-unavailable", True)
        assert _asked(pair.host, "/federation/v1/statements") == (503, "database-unavailable", True)
    until(lambda: _answers(pair.host))
    _work(pair, load, 3)
    assert list(broken(pair, load)) == []
    assert len(load.sent) == 3 * REFERRALS
    _require_order(pair)
    pair.host.kill()
    until(lambda: not _answers(pair.host))


def _work(pair: RunningPair, load: Load, round_: int) -> None:
    """Several counsellors send referrals and go on with them at once; then everything has arrived."""
    with ThreadPoolExecutor(3) as counsellors, pair.host.client(Role.COUNSELLOR) as client:
        numbers = range(round_ * REFERRALS, (round_ + 1) * REFERRALS)
        load.sent += counsellors.map(lambda number: _send(client, number), numbers)
    until(lambda: not waiting(pair.host))


def _send(client: httpx.Client, number: int) -> str:
    document = changed(sample("01"), "identity-min", reference=f"ES-MANY-{number:04}")
    case = client.post("/api/cases", json={"case": document}).raise_for_status().json()["id"]
    client.post(f"/api/cases/{case}/consents/from-file").raise_for_status()
    thread = str(client.post(f"/api/cases/{case}/send").raise_for_status().json()["thread"])
    for flight in ("IB0001", "IB0002"):
        client.post(f"/api/referrals/{thread}/journey", json={"flight": flight}).raise_for_status()
    return thread


def _require_order(pair: RunningPair) -> None:
    came = defaultdict[str, list[str]](list)
    with closing(Database(pair.origin.database)) as database, database.read() as session:
        of_host = select(InboxRow.thread, InboxRow.jti).where(InboxRow.peer == pair.host.node_id)
        for thread, jti in session.execute(of_host.order_by(InboxRow.seq)):
            came[thread].append(jti)
    assert all(jtis == sorted(jtis) for jtis in came.values())
    assert max(map(len, came.values())) == 3


def _asked(node: NodeProcess, path: str) -> tuple[int, str, bool]:
    """The status, the code of the problem, and whether it is said when to come again."""
    with node.client(Role.AUDITOR) as client:
        got = client.get(path)
    return got.status_code, got.json().get("code", ""), got.headers.get("retry-after", "").isdigit()


def _answers(node: NodeProcess) -> bool:
    try:
        return httpx.get(f"{node.endpoint}/federation/v1/statements", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _watched_by(node: NodeProcess) -> list[int]:
    """The processes that the one that was started watches over."""
    children = Path(f"/proc/{node.pid}/task/{node.pid}/children").read_text(encoding="ascii").split()
    assert len(children) == 3
    return [int(child) for child in children]


def _look_rarely(node: NodeProcess) -> None:
    settings = node.settings.read_text(encoding="utf-8")
    rarely = settings.replace("delivery_interval_seconds = 0.05", f"delivery_interval_seconds = {RARELY}")
    assert rarely != settings
    node.settings.write_text(rarely, encoding="utf-8")


@contextmanager
def _deliverer(node: NodeProcess) -> Iterator[subprocess.Popen[str]]:
    """One process more that brings the post of a node."""
    process = node.begin("deliver", "--stay")
    try:
        yield process
    finally:
        process.kill()
        process.wait()
