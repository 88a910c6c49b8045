"""The two loops beside the server, so that nobody who is slow holds up the post.

| loop | turn by turn |
| --- | --- |
| post | bring what is queued, each peer in a thread of its own; number the log; keep it outside; settle the journal |
| rounds | examine and bring files; every tenth time publish, poll, erase what is due, compare streams, ask witnesses |

While the first waits, the database's bell lets it bring the post at once, whichever process rang. Several processes may
each run a worker of one node (PostgreSQL): to each peer one of them brings, and the log and the rounds are each in the
hands of one at a time, by lease.

Each turn is safe to repeat and to break off. What fails is logged by its code and tried in a later turn, and the rest
of the turn goes on; so does the worker when the database is gone and comes back. A fault that nobody foresaw ends its
loop and is told at once: a node that takes requests but no longer delivers would lose people in silence.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from relevo.delivery import empty_places, files, files_courier, keeping_up, publishing, reconcile, retention, witness
from relevo.delivery.courier import Courier
from relevo.delivery.node import Node
from relevo.delivery.outside import Outside
from relevo.delivery.sequencer import sequence
from relevo.delivery.transport import Transport
from relevo.errors import RelevoError
from relevo.storage.database import is_full
from relevo.storage.listening import Listener

EVENTS = structlog.get_logger("relevo.worker")
LOG, ROUNDS = "log", "rounds"
"""Leases beside those of the peers, whose names have a colon."""
SELDOM = 10
"""Of so many turns one looks after what changes within minutes or days."""
MINUTE, UNSURE = timedelta(minutes=1), timedelta(days=1)
"""How often, and for how long, a node that has begun asks its peers before it publishes without their answers."""


class Worker:
    """Runs a node's own work beside its server until it is stopped."""

    def __init__(
        self,
        node: Node,
        transport: Transport,
        *,
        interval: float,
        broken: Callable[[], None] | None = None,
        threads: Executor | None = None,
    ) -> None:
        self._node = node
        self._transport = transport
        self._courier = Courier(node, transport, threads)
        self._interval = interval
        self._broken = broken
        self._outside = Outside(node, node.outside) if node.outside is not None else None
        self._listener = Listener(node.database)
        self._swept_at: datetime | None = None
        self._began_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._unheard: list[str] | None = None
        self._stop = threading.Event()
        self._begun = threading.Event()
        self._threads = (
            threading.Thread(target=self._run, args=(self._deliver,), name="relevo-post"),
            threading.Thread(target=self._run, args=(self._look_after,), name="relevo-rounds"),
        )

    def start(self) -> None:
        """Begin."""
        self.attend()
        self._listener.start()
        for thread in self._threads:
            thread.start()

    def attend(self) -> None:
        """Let what people queue in this process leave with the transaction that queues it."""
        self._node.post.leaving = self._courier.leaving

    def stop(self) -> None:
        """Finish the turns and the requests that are under way, then end."""
        self.halt()
        for thread in self._threads:
            thread.join()
        self._courier.stop()
        self._listener.stop()

    def halt(self) -> None:
        """Begin nothing more, and wait for nothing."""
        self._stop.set()
        self._begun.set()
        self._node.database.bell.set()

    def begin(self) -> None:
        """Before the first turn of a process: erase again, and find out whether this node was restored."""
        if self._outside is not None:
            self._outside.start()
        self._began_at, self._asked_at, self._unheard = self._node.clock.now(), None, None
        _try(self._ask)

    def turn(self) -> None:
        """One turn of everything, one after the other; what fails is raised."""
        self._leased(ROUNDS, self._upkeep(), _do)
        self._courier.run_once()
        self._leased(ROUNDS, self._files(), _do)
        self._leased(LOG, self._after_post(), _do)
        self._leased(ROUNDS, (self._witness,), _do)

    def _upkeep(self) -> tuple[Callable[[], object], ...]:
        return (
            self._renew,
            partial(publishing.tidy, self._node),
            partial(keeping_up.poll, self._node, self._transport),
            self._sweep,
            partial(reconcile.turn, self._node, self._transport),
            partial(empty_places.turn, self._node, self._transport),
            partial(files.sweep, self._node),
        )

    def _files(self) -> tuple[Callable[[], object], ...]:
        return (
            partial(files.examine, self._node),
            partial(files_courier.run_once, self._node, self._transport),
        )

    def _after_post(self) -> tuple[Callable[[], object], ...]:
        outside = () if self._outside is None else (self._outside.turn,)
        return (partial(sequence, self._node), *outside, self._node.database.settle)

    def _witness(self) -> None:
        witness.push(self._node, self._transport)

    def _ask(self) -> None:
        """Ask the peers what they have of us, each until it has answered once; for a day, once a minute."""
        at = self._node.clock.now()
        if self._is_unsure() and not _is_within(MINUTE, self._asked_at, at):
            self._asked_at = at
            self._unheard = reconcile.at_start(self._node, self._transport, self._unheard)

    def _renew(self) -> None:
        """Publish what has changed, but nothing beside a version that is not known here any more."""
        self._ask()
        if not self._is_unsure():
            publishing.renew(self._node)

    def _is_unsure(self) -> bool:
        """Whether this node has begun within a day, and not every peer has said what it has of us since."""
        return self._unheard != [] and _is_within(UNSURE, self._began_at, self._node.clock.now())

    def _sweep(self) -> None:
        self._swept_at = retention.sweep(self._node, self._swept_at)

    def _run(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        finally:
            self._begun.set()
            if self._broken is not None and not self._stop.is_set():
                self._broken()

    def _deliver(self) -> None:
        while not self._stop.is_set() and not _try(self.begin):
            self._stop.wait(self._interval)
        self._begun.set()
        while not self._stop.is_set():
            _try(self._dispatch)
            _try(partial(self._leased, LOG, self._after_post(), _try))
            self._wait()

    def _look_after(self) -> None:
        self._begun.wait()
        seldom, often = (*self._upkeep(), *self._files(), self._witness), self._files()
        for turn in itertools.count():
            if self._stop.is_set():
                return
            _try(partial(self._leased, ROUNDS, often if turn % SELDOM else seldom, self._unless_stopped))
            self._stop.wait(self._interval)

    def _leased(
        self, name: str, turns: Iterable[Callable[[], object]], do: Callable[[Callable[[], object]], object]
    ) -> None:
        """Do these in order, unless another worker of this node is at it just now."""
        with self._node.database.lease(name) as ours:
            for one in turns if ours else ():
                do(one)

    def _unless_stopped(self, one: Callable[[], object]) -> None:
        if not self._stop.is_set():
            _try(one)

    def _wait(self) -> None:
        until = time.monotonic() + self._interval
        while not self._stop.is_set() and self._node.database.bell.wait(max(0, until - time.monotonic())):
            _try(partial(self._dispatch, self._node.database.bell.answer()))

    def _dispatch(self, peers: Collection[str] | None = None) -> None:
        if not self._stop.is_set():
            self._courier.dispatch(peers)


def _is_within(span: timedelta, since: datetime | None, at: datetime) -> bool:
    return since is not None and timedelta() <= at - since < span


def _do(turn: Callable[[], object]) -> None:
    turn()


def _try(turn: Callable[[], object]) -> bool:
    """Whether it came through; what is foreseen to fail is logged."""
    try:
        turn()
    except RelevoError as fault:
        EVENTS.warning("turn broken off", code=fault.code)
    except OperationalError as fault:
        EVENTS.warning("turn broken off", code="storage-full" if is_full(fault) else "database-unavailable")
    else:
        return True
    return False
