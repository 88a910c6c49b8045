"""One go of killing real processes under load: a pair behind bad lines, on one database, for so many seconds."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from support.bad_line import BadLine
from support.databases import PostgresDatabases
from support.killing import Killer, Load, broken
from support.postgres import running_cluster
from support.processes import NodeProcess, RunningPair, running_pair

WORKING_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What does not hold, and what it came through."""

    problems: tuple[str, ...]
    sent: int
    accepted: int
    not_told: int
    killed: Counter[str]
    failed_connections: int

    def __str__(self) -> str:
        """For people."""
        killed = ", ".join(f"{name} {times}" for name, times in sorted(self.killed.items()))
        told = f"{self.sent} referrals sent, {self.accepted} accepted, {self.not_told} times somebody was told no"
        return "\n".join([f"{told}; killed: {killed}; {self.failed_connections} bad connections", *self.problems])


def soak(folder: Path, kind: str, *, seconds: float, seed: int) -> Outcome:
    """Kill sender, receiver, worker and, on PostgreSQL, the database, for so long; then see what holds."""
    lines: list[BadLine] = []

    def door(node: NodeProcess) -> int:
        lines.append(BadLine(node.port, seed + len(lines)))
        return lines[-1].port

    with _database(kind) as (addresses, others), running_pair(folder, (HOST, ORIGIN), addresses, door=door) as pair:
        source = random.Random(seed)  # noqa: S311 - who is killed is to be repeated
        killing = {**others, "worker": lambda: _kill_worker(pair, source)}
        killer = Killer(pair=pair, lines=lines, others=killing, source=source)
        for line in lines:
            line.calm = False
        with ExitStack() as stack:
            for line in lines:
                stack.enter_context(closing(line))
            with Load(pair) as load:
                killer.go_on(seconds)
            killer.until_quiet()
            return Outcome(
                problems=tuple(broken(pair, load)),
                sent=len(load.sent),
                accepted=len(load.accepted),
                not_told=load.not_told,
                killed=killer.killed,
                failed_connections=sum(line.failed for line in lines),
            )


@contextmanager
def _database(kind: str) -> Iterator[tuple[tuple[str, str] | None, dict[str, Callable[[], None]]]]:
    """Addresses for both nodes, and how the database is killed if it is a process; it writes what it says to disk."""
    if kind == "sqlite":
        yield None, {}
        return
    with running_cluster(durable=True) as cluster:
        databases = PostgresDatabases(cluster)
        yield (databases.empty(), databases.empty()), {"database": cluster.crash}


def _kill_worker(pair: RunningPair, source: random.Random) -> None:
    """A second worker beside the server, killed in the middle of its turn."""
    node = source.choice((pair.host, pair.origin))
    worker = node.begin("--as", node.administrator, "deliver")
    time.sleep(source.random() * WORKING_SECONDS)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
