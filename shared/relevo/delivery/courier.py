"""The courier: takes what is queued for each peer, seals, signs, brings, and keeps the receipts.

For each peer, in the order in which messages were made:

1. hold the lease of the peer, so that no other courier, here or in another process, brings to it meanwhile;
   in a short transaction, ask once more whether each message may leave, and give it the next place in the stream;
2. seal it to the peer's newest key and sign its manifest, and keep the manifest before it leaves;
3. bring up to 50 in one signed request, and read only an answer that the peer signed for this request;
4. verify each receipt, and settle its message in one transaction.

Several loads are under way to one peer at once (`relevo.delivery.flights`).
One item that fails never blocks the rest, and one peer never waits for another. While a peer is down one message
alone is tried, each time another if it was that one which the peer could not take. A message is tried for ever, with
the same jti on every attempt.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import bindparam, update
from sqlalchemy.exc import OperationalError

from relevo.delivery import loads, outbox, posted, reconcile, settlement
from relevo.delivery.attempts import keep_sealed
from relevo.delivery.exchange import exchange, request_for
from relevo.delivery.flights import Landed, fly
from relevo.delivery.loads import PROBE, Load
from relevo.delivery.node import Node
from relevo.delivery.peer_refused import PeerRefused
from relevo.delivery.posted import Posted
from relevo.delivery.retry import CAP, pause
from relevo.delivery.transport import Transport
from relevo.errors import RelevoError
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, KeyUnknown
from relevo.storage import peers
from relevo.storage.appending import alter
from relevo.storage.database import hush
from relevo.storage.tables import PeerRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.courier")
AT_ONCE = 16
"""Peers to whom one process brings at the same time."""
LOADS = 3
"""Loads under way to one peer at once."""
NEWER_STATEMENT = frozenset({KeyUnknown.code, KeyOutOfPeriod.code, KeyCompromised.code})
"""Faults of an answer after which the peer's newest statement is fetched."""


_REACHED = (
    update(PeerRow)
    .where(
        PeerRow.node_id == bindparam("to"),
        (PeerRow.failures != 0) | PeerRow.next_attempt_at.is_not(None) | PeerRow.last_problem.is_not(None),
    )
    .values(failures=0, next_attempt_at=None, last_problem=None)
)


class Courier:
    """Brings a node's post to its peers, each in a thread of its own, unless `threads` are given."""

    def __init__(self, node: Node, transport: Transport, threads: Executor | None = None) -> None:
        self._node = node
        self._transport = transport
        self._stop = threading.Event()
        self._threads = threads or ThreadPoolExecutor(AT_ONCE, thread_name_prefix="relevo-courier")
        self._flights = threads or ThreadPoolExecutor(AT_ONCE * LOADS, thread_name_prefix="relevo-flight")
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._rung: set[str] = set()
        self._futures: list[Future[None]] = []

    def run_once(self) -> int:
        """Bring what may be tried now to every peer, one after the other; how many messages were receipted."""
        return sum(self._bring_all(peer) for peer in self._waiting())

    def dispatch(self, peers: Collection[str] | None = None) -> None:
        """Begin to bring to every peer to whom nothing is on its way already, and wait for none of them.

        `peers` are those for whom something was queued just now; whoever does not know them lets them be looked up.

        Raises:
            Exception: what ended an earlier one, if nobody foresaw it.
        """
        with self._lock:
            ended = [future for future in self._futures if future.done()]
            self._futures = [future for future in self._futures if future not in ended]
        for future in ended:
            future.result()
        for peer in self._waiting() if peers is None else peers:
            if self._takes(peer, later=True):
                self._go(peer, partial(self._bring_all, peer, LOADS, self._flights))

    @contextmanager
    def leaving(self, work: UnitOfWork) -> Iterator[None]:
        """Let the one message that somebody's act queues leave with its transaction, if nothing is on its way there.

        It is sealed in the transaction and carried once that is committed; nobody has to look for it then.
        """
        new = posted.alone(work.session) if work.user.role is not None else None
        if new is None or not self._takes(new.message.peer):
            yield
            return
        load, lease = None, ExitStack()
        try:
            load = self._made_with(work, new, lease)
            yield
        except BaseException:
            load = None
            raise
        finally:
            if load is None or not self._go(load.peer, partial(self._bring_ready, load, lease)):
                lease.close()
                self._gives_back(new.message.peer)

    def stop(self) -> None:
        """Finish the requests that are on their way, and begin no more."""
        self._stop.set()
        self._threads.shutdown()
        self._flights.shutdown()

    def _waiting(self) -> list[str]:
        with self._node.look() as work:
            return outbox.peers_with_post(work.session)

    def _takes(self, peer: str, *, later: bool = False) -> bool:
        """Whether nothing is on its way to a peer, as something is from now on; otherwise it is looked at `later`."""
        with self._lock:
            free = peer not in self._under_way and not self._stop.is_set()
            if free:
                self._under_way.add(peer)
            elif later:
                self._rung.add(peer)
            return free

    def _gives_back(self, peer: str) -> None:
        """Nothing is on its way to a peer after all; who was told to look later looks now."""
        with self._lock:
            self._under_way.discard(peer)
            rung = peer in self._rung
            self._rung.discard(peer)
        if rung:
            self._node.database.bell.ring({peer})

    def _go(self, peer: str, bring: Callable[[], object]) -> bool:
        """Begin to bring to a peer in a thread of its own; False if nothing begins any more."""
        try:
            future = self._threads.submit(self._bring_while_rung, peer, bring)
        except RuntimeError:  # they were shut down
            return False
        with self._lock:
            self._futures.append(future)
        return True

    def _bring_while_rung(self, peer: str, bring: Callable[[], object]) -> None:
        """Bring, and look once more if somebody queued something while the last look ended."""
        again = True
        while again:
            again = False
            try:
                bring()
                again = True
            finally:
                with self._lock:
                    again = again and peer in self._rung
                    self._rung.discard(peer)
                    if not again:
                        self._under_way.discard(peer)
            bring = partial(self._bring_all, peer, LOADS, self._flights)

    def _bring_all(self, peer: str, at_once: int = 1, threads: Executor | None = None) -> int:
        """Pass through what waits until nothing is taken any more, unless another courier is at it."""
        with self._node.database.lease(peer) as ours:
            return self._bring(peer, at_once, threads) if ours else 0

    def _bring(self, peer: str, at_once: int, threads: Executor | None, *ready: Load) -> int:
        """Pass through what waits, beginning with what is `ready`, until nothing is taken any more."""
        brought, again, made = 0, True, partial(self._made, peer, list(ready))
        while again:
            last, again = fly(made, self._carry, at_once=at_once, threads=threads)
            brought += last
            again = again and last > 0
        return brought

    def _bring_ready(self, load: Load, lease: ExitStack) -> None:
        """Bring a load that was made with the transaction that caused it, and what came behind it."""
        with lease:
            self._bring(load.peer, LOADS, self._flights, load)

    def _made_with(self, work: UnitOfWork, new: Posted, lease: ExitStack) -> Load | None:
        """The load of a message that this transaction queues, if the lease is ours and it may leave at once."""
        try:
            ours = lease.enter_context(self._node.database.lease(new.message.peer))
        except OperationalError:
            return None  # the act needs no lease
        try:
            load = loads.make_with(self._node, work, new) if ours else None
        except RelevoError:
            return None  # the next pass finds it as well, and tells
        if load is None:
            return None
        hush(work.session, load.peer)
        return self._writing(load)

    def _writing(self, load: Load) -> Load:
        """The load with its request, which another thread writes while this one waits for the disk."""
        try:
            return replace(load, request=self._flights.submit(request_for, self._node, load))
        except RuntimeError:  # they were shut down
            return load

    def _made(self, peer: str, ready: list[Load], behind: str, busy: Collection[str]) -> Load | None:
        if self._stop.is_set():
            return None
        if ready:
            return ready.pop()
        try:
            with self._node.write(lane=peer) as work:
                return loads.make(self._node, work, peer, behind, busy)
        except RelevoError as fault:
            EVENTS.warning("not brought", peer=peer, code=fault.code, detail=fault.detail)
            self._postpone(peer, fault)
            return None

    def _carry(self, load: Load) -> Landed | None:
        """Bring one load and settle it; None if it could not be brought."""
        try:
            results, summary = exchange(self._node, self._transport, load)
        except RelevoError as fault:
            EVENTS.warning("not brought", peer=load.peer, code=fault.code, detail=fault.detail)
            self._postpone(load.peer, fault, load)
            return None
        return self._settle(load, results, summary)

    def _settle(self, load: Load, results: list[JsonObject], summary: JsonValue) -> Landed:
        with self._node.write(lane=load.peer) as work:
            messages, ours = settlement.gather(work.session, load.peer, load.jtis)
            settled = [
                settlement.settle(work, messages[jti], result, load.trust)
                for jti, result in zip(load.jtis, results, strict=True)
            ]
            if not all(settled):
                keep_sealed(work, load.messages)
            alter(work.session, _REACHED, to=load.peer)
            same = ours if all(settled) else None
            offered_again = reconcile.heed(self._node, work, load.peer, summary, load.trust, same)
        return Landed(sum(settled), load.passed or offered_again > 0)

    def _postpone(self, peer: str, fault: RelevoError, load: Load | None = None) -> None:
        """Let the peer rest; what failed beside another load counts once."""
        with self._node.write(lane=peer) as work:
            if load is not None:
                keep_sealed(work, load.messages)
            row = work.session.get_one(PeerRow, peer)
            if load is not None and row.failures > load.failures:
                return
            row.failures, row.last_problem = row.failures + 1, fault.code
            row.next_attempt_at = work.at + _pause(row.failures, fault)
            if fault.code in NEWER_STATEMENT:
                row.polled_at = None
            if isinstance(fault, PeerRefused) and fault.its_time is not None:
                peers.note_skew(row, fault.its_time, work.at)
            if isinstance(fault, PeerRefused) and fault.of_what_was_brought and load and len(load.jtis) == PROBE:
                (alone,) = settlement.gather(work.session, peer, load.jtis).messages.values()
                settlement.set_aside(work, alone, fault.code)


def _pause(failures: int, fault: RelevoError) -> timedelta:
    """As long as our own rule says, and not shorter than the peer asked for, within the hour."""
    wanted = fault.wait_seconds if isinstance(fault, PeerRefused) else None
    return max(min(timedelta(seconds=wanted or 0), CAP), pause(failures, _jitter()))


def _jitter() -> float:
    return secrets.randbelow(1 << 20) / (1 << 20)
