"""`make bench`: what it costs to bring referrals, from what a counsellor queued to the verified and stored receipt.

    one after the other   both nodes as processes on loopback; from the request that sends to the receipt stored
    a backlog             referrals queued by the host's own verbs; both nodes run, and drain it when it is let go
    limits                the cryptography alone and the commits alone, in the same run on the same disk
    log, files            `tests/bench_log.py` (a million leaves, ten thousand referrals) and `tests/bench_files.py`

Profiles have 6 kB. Both nodes are durable before the receipt, on SQLite and on PostgreSQL (fsync, synchronous_commit
and full_page_writes on). Processor time is that of both nodes and of the database's processes added up, from the
moment when the backlog is let go to the moment when the last receipt is stored and every log entry has its place.
On PostgreSQL the origin takes requests with several processes, as deploy/ has it.
Nobody asks the nodes for anything meanwhile: the bench looks into the databases, for a single referral at its one
receipt. Memory is the most that each process held while a backlog drained. The figures go to the terminal and to
build/bench.json. `make bench ARGS="1000 100000"` drains backlogs of these sizes.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from importlib.resources import files
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import httpx
from sqlalchemy import Executable, bindparam, exists, select, update

import bench_files
import bench_log
from bench_limits import commits_ms, cryptography_ms
from bench_processes import cpu_ms, forget_peak, peak_mb, postmaster, with_children
from host_node import cases, consents, referrals
from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.domain.access import Role
from relevo.runtime import build, settings_for
from relevo.storage.appending import ask
from relevo.storage.tables import LogEntryRow, OutboxRow, PeerRow
from support.databases import PostgresDatabases
from support.nodes import staff
from support.postgres import running_cluster
from support.processes import RunningPair, running_pair, until

UNSPARING = """
messages_a_day_of_a_peer = 10_000_000
requests_per_minute_of_a_peer = 1_000_000
requests_per_minute_of_an_address = 1_000_000
"""
"""How much one peer may bring, so that a large backlog is one day's work."""
CORES = len(os.sched_getaffinity(0))
TAKERS = max(2, CORES // 2)
"""Processes with which the origin takes requests on PostgreSQL."""
SINGLE, WARM_UP, AT_ONCE = 100, 5, 100
BACKLOGS = (1000,)
PATIENCE_SECONDS = 3600
OUT = Path(__file__).parents[1] / "build" / "bench.json"
PROFILE_BYTES, LINES = 6000, 30
MEMORY = "rss_mb_host", "rss_mb_origin"
GLANCE_SECONDS = 0.0005
RECEIPT = select(OutboxRow.receipt).where(OutboxRow.thread == bindparam("thread"))
QUEUED = select(exists().where(OutboxRow.state == OutboxState.QUEUED))
UNNUMBERED = select(exists().where(LogEntryRow.position.is_(None)))
SAMPLE = json.loads((files("host_node") / "samples" / "01-kouassi-aya.json").read_text(encoding="utf-8"))
HELD_BACK = timedelta(hours=5)
AS_INSTALLED = 1.0
"""Seconds that workers rest between turns, as in deploy/; tests let them rest for less."""


def main(backlogs: tuple[int, ...]) -> None:
    """Measure, print and write."""
    found: dict[str, Any] = {"cores": CORES, "cryptography_ms": cryptography_ms(_case("alone"))}
    _say("cryptography of one referral, both sides", f"{found['cryptography_ms']:.2f} ms")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgresql"):
            with _running(Path(folder), kind) as pair:
                found[kind] = _measure(kind, pair, backlogs)
    for name, figures in (("log", bench_log.figures), ("files", bench_files.figures)):
        found[name] = figures()
        for what, value in found[name].items():
            _say(f"{name}: {what}", f"{value:,.2f}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _measure(kind: str, pair: RunningPair, backlogs: tuple[int, ...]) -> dict[str, Any]:
    figures: dict[str, Any] = commits_ms(pair.host.database)
    _say(f"{kind}: a commit, a row of 50", f"{figures['commit_ms']:.2f} ms, {figures['row_of_50_ms']:.2f} ms")
    figures |= _one_after_the_other(pair)
    _say(f"{kind}: single", f"p50 {figures['latency_ms_p50']:.1f} ms, p99 {figures['latency_ms_p99']:.1f} ms")
    for size in backlogs:
        drained = _drain(pair, size)
        figures[f"backlog_{size}"] = drained
        figures |= drained
        told = (
            "{throughput_per_s:.0f}/s, {cpu_ms_per_referral:.2f} ms of processor each, "
            "host {rss_mb_host:.0f} MB, origin {rss_mb_origin:.0f} MB"
        )
        _say(f"{kind}: backlog of {size}", told.format_map(drained))
    if len(backlogs) > 1:
        grown = (figures[f"backlog_{backlogs[-1]}"][name] - figures[f"backlog_{backlogs[0]}"][name] for name in MEMORY)
        told = "host {:+.0f} MB, origin {:+.0f} MB".format(*grown)
        _say(f"{kind}: memory from {backlogs[0]} to {backlogs[-1]}", told)
    return figures


def _say(what: str, figures: str) -> None:
    sys.stdout.write(f"  {what:<44} {figures}\n")
    sys.stdout.flush()


@contextmanager
def _running(folder: Path, kind: str) -> Iterator[RunningPair]:
    place = folder / kind
    place.mkdir()
    if kind == "sqlite":
        with running_pair(place, (HOST, ORIGIN), interval=AS_INSTALLED, more=UNSPARING) as pair:
            yield pair
        return
    with running_cluster(durable=True) as cluster:
        databases = PostgresDatabases(cluster)
        addresses, options = (databases.empty(), databases.empty()), ("--workers", str(TAKERS))
        with running_pair(
            place, (HOST, ORIGIN), addresses, interval=AS_INSTALLED, origin_options=options, more=UNSPARING
        ) as pair:
            yield pair


def _one_after_the_other(pair: RunningPair) -> dict[str, float]:
    """From the request that sends to the receipt, one referral at a time."""
    times, node = [], build(HOST, settings_for(HOST, pair.host.settings))
    with pair.host.client(Role.COUNSELLOR) as client:
        ready = [_prepared(client, number) for number in range(SINGLE + WARM_UP)]
    with closing(HTTPConnection("127.0.0.1", pair.host.port)) as door:
        for case in ready:
            began = time.perf_counter()
            sent = {"thread": _sent(door, pair.host.tokens[Role.COUNSELLOR], case)}
            until(partial(_receipted, node, sent), pause=GLANCE_SECONDS)
            times.append((time.perf_counter() - began) * 1000)
    node.database.close()
    measured = sorted(times[WARM_UP:])
    return {"latency_ms_p50": statistics.median(measured), "latency_ms_p99": measured[int(len(measured) * 0.99)]}


def _sent(door: HTTPConnection, token: str, case: str) -> str:
    """Send a referral with the plainest client there is, so that little of the time is the client's; its thread."""
    door.request("POST", f"/api/cases/{case}/send", headers={"authorization": f"Bearer {token}"})
    answer = door.getresponse()
    said = json.load(answer)
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise RuntimeError(f"not sent: {answer.status} {said}")
    thread: str = said["thread"]
    return thread


def _drain(pair: RunningPair, size: int) -> dict[str, float]:
    """Let nodes that run already go at a backlog, and end when the last receipt is stored and the logs are numbered."""
    host, origin = (build(one.service, settings_for(one.service, one.settings)) for one in (pair.host, pair.origin))
    _hold(host, until=host.clock.now() + HELD_BACK)
    _queue(host, size)
    until(lambda: not _waits(host, UNNUMBERED), seconds=PATIENCE_SECONDS, pause=0.1)
    ours, server = tuple(with_children(one.pid) for one in (pair.host, pair.origin)), postmaster(pair.host.database)
    pids = [pid for its in ours for pid in its]
    measured = partial(_used, pids, server)
    for pid in pids:
        forget_peak(pid)
    before, began = measured(), time.perf_counter()
    _hold(host, until=None)
    until(lambda: not _waits(host, QUEUED), seconds=PATIENCE_SECONDS, pause=0.1)
    took = time.perf_counter() - began
    until(lambda: not any(_waits(one, UNNUMBERED) for one in (host, origin)), seconds=PATIENCE_SECONDS, pause=0.1)
    used = measured() - before
    for node in (host, origin):
        node.database.close()
    peaks = {name: max(map(peak_mb, its)) for name, its in zip(MEMORY, ours, strict=True)}
    return {
        "throughput_per_s": size / took,
        "cpu_ms_per_referral": used / size,
        "rss_mb_max": max(peaks.values()),
        **peaks,
    }


def _used(pids: list[int], server: int | None) -> float:
    return cpu_ms([*pids, *(with_children(server) if server else ())])


def _hold(node: Node, until: datetime | None) -> None:
    """Let the courier wait, as it does after a failure; or go."""
    with node.write() as work:
        work.session.execute(update(PeerRow).values(next_attempt_at=until))


def _queue(node: Node, size: int) -> None:
    for begin in range(0, size, AT_ONCE):
        with node.write(staff(Role.COUNSELLOR)) as work:
            for number in range(begin, min(begin + AT_ONCE, size)):
                case = cases.import_case(work, cases.as_file(_case(f"{size}-{number}")))
                consents.record_from_file(work, case)
                referrals.send(work, case)


def _receipted(node: Node, sent: dict[str, str]) -> bool:
    with node.database.look() as session:
        return ask(session, RECEIPT, sent).scalar() is not None


def _waits(node: Node, what: Executable) -> bool:
    with node.database.look() as session:
        return bool(ask(session, what).scalar())


def _case(name: str) -> dict[str, Any]:
    """A case of 6 kB: a sample, with certificates to fill it."""
    line = "certificate " * ((PROFILE_BYTES - len(json.dumps(SAMPLE))) // LINES // len("certificate "))
    certificates = [f"{line}{number}" for number in range(LINES)]
    identity = {**SAMPLE["identity-min"], "reference": f"ES-BENCH-{name}"}
    return {**SAMPLE, "identity-min": identity, "skills": {**SAMPLE["skills"], "certificates": certificates}}


def _prepared(client: httpx.Client, number: int) -> str:
    answer = client.post("/api/cases", json={"case": _case(f"single-{number}")})
    case: str = answer.raise_for_status().json()["id"]
    client.post(f"/api/cases/{case}/consents/from-file").raise_for_status()
    return case


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or BACKLOGS)
