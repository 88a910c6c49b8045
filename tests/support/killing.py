"""Load on two real processes, somebody who kills them, and what must hold of their databases when all is quiet."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

import httpx
from sqlalchemy import func, select

from relevo.cli.demo_process import NodeFailed
from relevo.delivery.outbox import OutboxState
from relevo.domain.access import Role
from relevo.protocol import base64std, merkle
from relevo.storage import log, streams
from relevo.storage.database import Database
from relevo.storage.tables import CheckpointRow, InboxRow, OutboxRow, StepRow
from support.bad_line import BadLine
from support.processes import NodeProcess, RunningPair, until
from support.story import changed, sample

QUIET_SECONDS = 90
PAUSE_SECONDS = 0.3
SETTLE_SECONDS = 4
"""How long the clock stands between two rounds: a request that the clock overtakes is refused for its age."""
STEP = timedelta(seconds=40)
ROUND = timedelta(minutes=61)


@dataclass
class Load:
    """People at both nodes who go on working; what they were told has happened."""

    pair: RunningPair
    sent: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    not_told: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="load")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let everybody go home."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        with self.pair.host.client(Role.COUNSELLOR) as counsellor, self.pair.origin.client(Role.INTAKE) as intake:
            while not self._stop.is_set():
                number += 1
                self.not_told += not _send(counsellor, number, self.sent)
                for thread in [one for one in self.sent[-5:] if one not in self.accepted]:
                    if _accept(intake, thread):
                        self.accepted.add(thread)


@dataclass(frozen=True, kw_only=True)
class Killer:
    """Kills one of those it may, chosen by its seed, and lets it be started again; counts whom."""

    pair: RunningPair
    lines: Sequence[BadLine]
    others: Mapping[str, Callable[[], None]]
    source: random.Random
    killed: Counter[str] = field(default_factory=Counter)

    def go_on(self, seconds: float) -> None:
        """Kill one after the other for so long."""
        victims = {"host": self._node(self.pair.host), "origin": self._node(self.pair.origin), **self.others}
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(self.killed) < len(victims):
            missing = [name for name in victims if name not in self.killed]
            name = self.source.choice(missing or list(victims))
            time.sleep(self.source.random() * PAUSE_SECONDS)
            victims[name]()
            self.killed[name] += 1
            self.pair.move_to(self.pair.clock.now() + STEP)
            self.watch()

    def _waits(self) -> bool:
        return any(waiting(node) for node in (self.pair.host, self.pair.origin))

    def watch(self) -> None:
        """Start again what ended, as whoever watches over a service does."""
        for node in (self.pair.host, self.pair.origin):
            if not _answers(node):
                node.kill()
                with suppress(NodeFailed):
                    node.start()

    def _node(self, node: NodeProcess) -> Callable[[], None]:
        def kill() -> None:
            node.kill()
            time.sleep(self.source.random() * PAUSE_SECONDS)
            node.start()

        return kill

    def until_quiet(self) -> None:
        """Kill nobody more, and let everything arrive."""
        for line in self.lines:
            line.calm = True

        def quiet() -> bool:
            self.watch()
            self.pair.move_to(self.pair.clock.now() + ROUND)
            end = time.monotonic() + SETTLE_SECONDS
            while (unsent := self._waits()) and time.monotonic() < end:
                time.sleep(PAUSE_SECONDS)
            return not unsent

        until(quiet, seconds=QUIET_SECONDS)


def broken(pair: RunningPair, load: Load) -> Iterator[str]:
    """What does not hold of the two databases, read when both nodes are quiet."""
    with closing(Database(pair.host.database)) as host, closing(Database(pair.origin.database)) as origin:
        yield from _one_way(host, origin, pair.host.node_id, pair.origin.node_id)
        yield from _one_way(origin, host, pair.origin.node_id, pair.host.node_id)
        for database, name in ((host, pair.host.node_id), (origin, pair.origin.node_id)):
            yield from _log(database, name)
        with origin.read() as session:
            taken = {(row.thread, row.step) for row in session.scalars(select(StepRow))}
    yield from (
        f"{thread} was sent, and the origin has no trace" for thread in load.sent if (thread, "requested") not in taken
    )
    yield from (
        f"{thread} was accepted, and that is gone" for thread in load.accepted if (thread, "accepted") not in taken
    )


def _one_way(sender: Database, receiver: Database, own: str, peer: str) -> Iterator[str]:
    with sender.read() as here, receiver.read() as there:
        came = {row.jti: row for row in there.scalars(select(InboxRow).where(InboxRow.peer == own))}
        sent = {row.jti: row for row in here.scalars(select(OutboxRow).where(OutboxRow.peer == peer))}
        taken = Counter(there.scalars(select(StepRow.jti).where(StepRow.jti.in_(sent))))
        gaps = streams.received(there, own).gaps
    for jti, row in sent.items():
        if row.state != OutboxState.STORED or jti not in came:
            yield f"{row.step} {jti} of {own} is {row.state} ({row.problem})"
        elif came[jti].receipt != row.receipt or (row.kind != "node" and taken[jti] != 1):
            yield f"{row.step} {jti} of {own} has another receipt, or {taken[jti]} effects"
    yield from (f"{jti} came from {own}, which never sent it" for jti in came.keys() - sent.keys())
    if gaps:
        yield f"{peer} lacks {gaps} of {own}"


def _log(database: Database, name: str) -> Iterator[str]:
    with database.read() as session:
        subtree = log.subtrees(session)
        for size, note in session.execute(select(CheckpointRow.size, CheckpointRow.note)):
            if merkle.root(size, subtree) != base64std.decode(note.split("\n")[2]):
                yield f"the head of {size} entries at {name} is no prefix of its log"


def waiting(node: NodeProcess) -> int:
    """How many messages of a node have no receipt yet."""
    with closing(Database(node.database)) as database, database.read() as session:
        queued = select(func.count()).where(OutboxRow.state == OutboxState.QUEUED)
        return session.scalar(queued) or 0


def _send(counsellor: httpx.Client, number: int, sent: list[str]) -> bool:
    """Take in a case and send it; whether the counsellor was told that it is done."""
    document = changed(sample("01"), "identity-min", reference=f"ES-KILL-{number:06}")
    try:
        case = counsellor.post("/api/cases", json={"case": document}).raise_for_status().json()["id"]
        counsellor.post(f"/api/cases/{case}/consents/from-file").raise_for_status()
        sent.append(counsellor.post(f"/api/cases/{case}/send").raise_for_status().json()["thread"])
    except httpx.HTTPError:
        time.sleep(0.05)
        return False
    return True


def _accept(intake: httpx.Client, thread: str) -> bool:
    try:
        intake.post(f"/api/referrals/{thread}/acknowledge")
        return intake.post(f"/api/referrals/{thread}/accept", json={}).is_success
    except httpx.HTTPError:
        return False


def _answers(node: NodeProcess) -> bool:
    try:
        return httpx.get(f"{node.endpoint}/.well-known/relevo-node", trust_env=False, timeout=10).is_success
    except httpx.HTTPError:
        return False
