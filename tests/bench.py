"""`make bench`: how long one referral takes, from the counsellor's act to the verified and stored receipt.

    in one process    both nodes joined in memory on SQLite: what the computing and the disk cost, without a network
    two processes     both nodes as on two machines, over HTTP on loopback, each on SQLite, then on PostgreSQL

Every run is durable on both sides before the receipt. The figures go to the terminal and to build/bench.json.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import httpx

from host_node import cases, consents, referrals
from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery.courier import Courier
from relevo.domain.access import Role
from support.databases import PostgresDatabases, SqliteDatabases
from support.nodes import join, staff
from support.postgres import running_cluster
from support.processes import RunningPair, running_pair, until

RUNS, WARM_UP = 60, 5
OUT = Path(__file__).parents[1] / "build" / "bench.json"
SAMPLE = json.loads((files("host_node") / "samples" / "01-kouassi-aya.json").read_text(encoding="utf-8"))


def main() -> None:
    """Measure, print and write."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        found["in one process, SQLite"] = _in_memory(Path(folder))
        with _running(Path(folder), "sqlite") as pair:
            found["two processes, SQLite"] = _over_http(pair)
        with _running(Path(folder), "postgresql") as pair:
            found["two processes, PostgreSQL"] = _over_http(pair)
    sys.stdout.write(f"one referral, sent and receipted ({RUNS} runs, milliseconds)\n")
    for name, figures in found.items():
        sys.stdout.write(f"  {name:<28} p50 {figures['p50']:>7.1f}   p99 {figures['p99']:>7.1f}\n")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _case(number: int) -> dict[str, Any]:
    return {**SAMPLE, "identity-min": {**SAMPLE["identity-min"], "reference": f"ES-BENCH-{number:05}"}}


def _figures(one: Callable[[int], None]) -> dict[str, float]:
    times = []
    for number in range(RUNS + WARM_UP):
        began = time.perf_counter()
        one(number)
        times.append((time.perf_counter() - began) * 1000)
    measured = sorted(times[WARM_UP:])
    return {"p50": statistics.median(measured), "p99": measured[int(len(measured) * 0.99)]}


def _in_memory(folder: Path) -> dict[str, float]:
    databases = SqliteDatabases(folder)
    nodes = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
    counsellor, courier = staff(Role.COUNSELLOR), Courier(nodes.host, nodes.transport)
    ready = []
    for number in range(RUNS + WARM_UP):
        with nodes.host.write(counsellor) as work:
            case = cases.import_case(work, cases.as_file(_case(number)))
            consents.record_from_file(work, case)
            ready.append(case.id)

    def one(number: int) -> None:
        with nodes.host.write(counsellor) as work:
            referrals.send(work, cases.find(work, ready[number]))
        if courier.run_once() != 1:
            raise RuntimeError("the referral was not receipted")

    figures = _figures(one)
    nodes.close()
    return figures


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


def _over_http(pair: RunningPair) -> dict[str, float]:
    with pair.host.client(Role.COUNSELLOR) as client:
        ready = [_prepared(client, number) for number in range(RUNS + WARM_UP)]

        def one(number: int) -> None:
            thread = _checked(client.post(f"/api/cases/{ready[number]}/send")).json()["thread"]
            until(lambda: _is_stored(client, thread), pause=0.001)

        return _figures(one)


def _prepared(client: httpx.Client, number: int) -> str:
    case: str = _checked(client.post("/api/cases", json={"case": _case(number)})).json()["id"]
    _checked(client.post(f"/api/cases/{case}/consents/from-file"))
    return case


def _is_stored(client: httpx.Client, thread: str) -> bool:
    entries = _checked(client.get(f"/api/referrals/{thread}")).json()["entries"]
    return all(entry["delivery"] == "stored" for entry in entries)


def _checked(answer: httpx.Response) -> httpx.Response:
    return answer.raise_for_status()


if __name__ == "__main__":
    main()
