"""The loop beside the server: publish, poll, erase what is due, compare, bring, number, settle the journal; then wait.

While it waits, `node.bell` lets it bring the post at once. Each turn is safe to repeat and to break off. What fails in
one turn is logged by its code and tried in a later one. A fault that nobody foresaw ends the thread and is told at
once: a node that takes requests but no longer delivers would lose people in silence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from relevo.delivery import files, files_courier, keeping_up, publishing, reconcile, retention, witness
from relevo.delivery.courier import Courier
from relevo.delivery.node import Node
from relevo.delivery.outside import Outside
from relevo.delivery.sequencer import sequence
from relevo.delivery.transport import Transport
from relevo.errors import RelevoError

EVENTS = structlog.get_logger("relevo.worker")


class Worker:
    """Runs a node's own work in a thread of its own until it is stopped."""

    def __init__(
        self, node: Node, transport: Transport, *, interval: float, broken: Callable[[], None] | None = None
    ) -> None:
        self._node = node
        self._transport = transport
        self._courier = Courier(node, transport)
        self._interval = interval
        self._broken = broken
        self._outside = Outside(node, node.outside) if node.outside is not None else None
        self._swept_at: datetime | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relevo-worker")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the turn that is under way, then end."""
        self._stop.set()
        self._node.bell.set()
        self._thread.join()

    def begin(self) -> None:
        """Before the first turn of a process: erase again, and find out whether this node was restored."""
        if self._outside is not None:
            self._outside.start()
        _try(partial(reconcile.at_start, self._node, self._transport))

    def turn(self) -> None:
        """One turn: statements, retention, streams, post, files, the log and its witnesses, the database's own."""
        publishing.renew(self._node)
        publishing.tidy(self._node)
        keeping_up.poll(self._node, self._transport)
        self._swept_at = retention.sweep(self._node, self._swept_at)
        reconcile.turn(self._node, self._transport)
        self._courier.run_once()
        files.sweep(self._node)
        files.examine(self._node)
        files_courier.run_once(self._node, self._transport)
        sequence(self._node)
        witness.push(self._node, self._transport)
        if self._outside is not None:
            self._outside.turn()
        self._node.database.settle()

    def _run(self) -> None:
        try:
            self.begin()
            while not self._stop.is_set():
                _try(self.turn)
                self._wait()
        finally:
            if self._broken is not None and not self._stop.is_set():
                self._broken()

    def _wait(self) -> None:
        until = time.monotonic() + self._interval
        while not self._stop.is_set() and self._node.bell.wait(max(0, until - time.monotonic())):
            self._node.bell.clear()
            _try(self._courier.run_once)


def _try(turn: Callable[[], object]) -> None:
    try:
        turn()
    except RelevoError as fault:
        EVENTS.warning("turn broken off", code=fault.code)
    except OperationalError:
        EVENTS.warning("turn broken off", code="database-unavailable")
