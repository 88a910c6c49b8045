"""The loop beside the server: publish, poll, erase what is due, bring, number, settle the journal; then wait.

While it waits, `node.bell` lets it bring the post at once. Each turn is safe to repeat and to break off. What fails in
one turn is logged by its code and tried in a later one. A fault that nobody foresaw ends the thread and is told at
once: a node that takes requests but no longer delivers would lose people in silence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import OperationalError

from relevo.delivery import keeping_up, publishing, retention
from relevo.delivery.courier import Courier
from relevo.delivery.node import Node
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

    def turn(self) -> None:
        """One turn: our statement, the peers' statements, retention, the post, the log, the database's own journal."""
        publishing.renew(self._node)
        publishing.tidy(self._node)
        keeping_up.poll(self._node, self._transport)
        self._swept_at = retention.sweep(self._node, self._swept_at)
        self._courier.run_once()
        sequence(self._node)
        self._node.database.settle()

    def _run(self) -> None:
        try:
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
