"""`make bench`: what it costs to bring referrals, from what a counsellor queued to the verified and stored receipt.

    one after the other   both nodes as processes on loopback; a counsellor sends, and looks until it is receipted
    a backlog             referrals queued by the host's own verbs while nothing runs; both nodes start and drain it
    limits                the cryptography alone and the commits alone, in the same run on the same disk

Both nodes are durable before the receipt, on SQLite and on PostgreSQL (fsync, synchronous_commit and full_page_writes
on). Processor time is that of both nodes and of the database's processes added up. The figures go to the terminal and
to build/bench.json. `make bench ARGS="1000 100000"` drains backlogs of these sizes.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import httpx
from sqlalchemy import func, select

from bench_limits import commits_ms, cryptography_ms
from bench_processes import cpu_ms, peak_mb, postmaster, with_children
from host_node import cases, consents, referrals
from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.domain.access import Role
from relevo.runtime import build, settings_for
from relevo.storage.tables import OutboxRow
from support.databases import PostgresDatabases
from support.nodes import staff
from support.postgres import running_cluster
from support.processes import RunningPair, running_pair, until

SINGLE, WARM_UP, AT_ONCE = 100, 5, 100
BACKLOGS = (1000,)
PATIENCE_SECONDS = 3600
OUT = Path(__file__).parents[1] / "build" / "bench.json"
SAMPLE = json.loads((files("host_node") / "samples" / "01-kouassi-aya.json").read_text(encoding="utf-8"))


def main(backlogs: tuple[int, ...]) -> None:
    """Measure, print and write."""
    found: dict[str, Any] = {"cryptography_ms": cryptography_ms(SAMPLE)}
    _say("cryptography of one referral, both sides", f"{found['cryptography_ms']:.2f} ms")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgresql"):
            with _running(Path(folder), kind) as pair:
                found[kind] = _measure(kind, pair, backlogs)
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
        told = "{throughput_per_s:.0f}/s, {cpu_ms_per_referral:.2f} ms of processor each, at most {rss_mb_max:.0f} MB"
        _say(f"{kind}: backlog of {size}", told.format_map(drained))
    return figures


def _say(what: str, figures: str) -> None:
    sys.stdout.write(f"  {what:<44} {figures}\n")
    sys.stdout.flush()


@contextmanager
def _running(folder: Path, kind: str) -> Iterator[RunningPair]:
    place = folder / kind
    place.mkdir()
    if kind == "sqlite":
        with running_pair(place, (HOST, ORIGIN)) as pair:
            yield pair
        return
    with running_cluster(durable=True) as cluster:
        databases = PostgresDatabases(cluster)
        with running_pair(place, (HOST, ORIGIN), (databases.empty(), databases.empty())) as pair:
            yield pair


def _one_after_the_other(pair: RunningPair) -> dict[str, float]:
    """From the request that sends to the receipt, one referral at a time."""
    times = []
    with pair.host.client(Role.COUNSELLOR) as client:
        ready = [_prepared(client, number) for number in range(SINGLE + WARM_UP)]
        for case in ready:
            began = time.perf_counter()
            thread = client.post(f"/api/cases/{case}/send").raise_for_status().json()["thread"]
            until(partial(_is_stored, client, thread), pause=0.0005)
            times.append((time.perf_counter() - began) * 1000)
    measured = sorted(times[WARM_UP:])
    return {"latency_ms_p50": statistics.median(measured), "latency_ms_p99": measured[int(len(measured) * 0.99)]}


def _drain(pair: RunningPair, size: int) -> dict[str, float]:
    """Start both nodes on a backlog, and end when the last receipt is stored."""
    for process in (pair.host, pair.origin):
        process.stop()
    node = build(HOST, settings_for(HOST, pair.host.settings))
    _queue(node, size)
    server = postmaster(pair.host.database)
    before = cpu_ms(with_children(server)) if server else 0.0
    pair.origin.start()
    began = time.perf_counter()
    pair.host.start()
    until(lambda: _queued(node) == 0, seconds=PATIENCE_SECONDS, pause=0.1)
    took = time.perf_counter() - began
    pids = [pair.host.pid, pair.origin.pid]
    used = cpu_ms(pids) + (cpu_ms(with_children(server)) - before if server else 0.0)
    node.database.close()
    return {
        "throughput_per_s": size / took,
        "cpu_ms_per_referral": used / size,
        "rss_mb_max": max(map(peak_mb, pids)),
    }


def _queue(node: Node, size: int) -> None:
    for begin in range(0, size, AT_ONCE):
        with node.write(staff(Role.COUNSELLOR)) as work:
            for number in range(begin, min(begin + AT_ONCE, size)):
                case = cases.import_case(work, cases.as_file(_case(f"{size}-{number}")))
                consents.record_from_file(work, case)
                referrals.send(work, case)


def _queued(node: Node) -> int:
    with node.read() as work:
        waiting = select(func.count()).where(OutboxRow.state == OutboxState.QUEUED)
        return work.session.scalar(waiting) or 0


def _case(name: str) -> dict[str, Any]:
    return {**SAMPLE, "identity-min": {**SAMPLE["identity-min"], "reference": f"ES-BENCH-{name}"}}


def _prepared(client: httpx.Client, number: int) -> str:
    answer = client.post("/api/cases", json={"case": _case(f"single-{number}")})
    case: str = answer.raise_for_status().json()["id"]
    client.post(f"/api/cases/{case}/consents/from-file").raise_for_status()
    return case


def _is_stored(client: httpx.Client, thread: str) -> bool:
    entries = client.get(f"/api/referrals/{thread}").raise_for_status().json()["entries"]
    return all(entry["delivery"] == "stored" for entry in entries)


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or BACKLOGS)
