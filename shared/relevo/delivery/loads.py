"""Loads: what leaves to a peer in one request. Making one asks once more whether each message may leave.

A message that may not leave any more is held, and nothing waits for it. Places of the stream are given, and attempts
are kept, in the transaction that makes the load.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import structlog

from relevo.delivery import outbox, settlement
from relevo.delivery.attempts import attempt, keep, move_on
from relevo.delivery.federation import MAX_BODY
from relevo.delivery.node import Node
from relevo.delivery.outbox import Leaving
from relevo.delivery.posted import Posted
from relevo.delivery.ways import Way, way_to
from relevo.errors import WireError
from relevo.protocol.envelope import Envelope
from relevo.protocol.hop import HopRequest
from relevo.protocol.statement import StatementExpired
from relevo.protocol.trust import Trust
from relevo.storage import peers, recall
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.courier")
BATCH = 50
PROBE = 1
"""How many are tried while a peer is down."""
ROOM = MAX_BODY * 3 // 4
"""Bytes of envelopes in one request; a single larger one still goes, alone."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is brought to one peer in one request: messages as they stood then, and as they leave.

    `failures` is how often bringing to the peer had failed before; `more` says that more may wait behind this load, and
    `passed` that it passed over something on its way. Nothing else is under way beside a load that goes `alone`.
    `request` is there if another thread has begun to write what brings it.
    """

    peer: str
    endpoint: str
    trust: Trust
    failures: int
    messages: Sequence[tuple[Leaving, Envelope]]
    alone: bool
    more: bool
    passed: bool
    request: Future[HopRequest] | None = None

    @property
    def jtis(self) -> list[str]:
        """The messages, in their order."""
        return [one.jti for one, _ in self.messages]

    @property
    def threads(self) -> frozenset[str]:
        """See `relevo.delivery.flights`."""
        return frozenset(one.thread for one, _ in self.messages)

    @property
    def last(self) -> str:
        """The jti behind which the next load begins; what was tried while the peer was down may be any message."""
        return "" if self.failures else max(self.jtis)


def make(node: Node, work: UnitOfWork, peer: str, behind: str, busy: Collection[str]) -> Load | None:
    """The oldest messages behind the jti `behind` that may leave to a peer now, without those of the threads `busy`.

    Returns:
        As many as the peer reads in one request; None if there is none, or the peer is not tried now.

    Raises:
        StatementExpired: if nothing can be sealed, because the peer's statement has ended.
    """
    way = way_to(work.session, peer)
    if way.rests(work.at):
        return None
    trust, most = peers.trust(work.session), PROBE if way.failures else BATCH
    waiting = outbox.due_to_leave(work.session, peer, way.epoch, work.at, most, behind)
    due = [one for one in waiting if one.thread not in busy]
    filled = list(_filled(node, work, way, due, trust))
    move_on(work, way)
    if not filled:
        return None
    return Load(
        peer=peer,
        endpoint=way.endpoint,
        trust=trust,
        failures=way.failures,
        messages=filled,
        alone=most == PROBE or not all(outbox.is_about_a_person(one.kind) for one, _ in filled),
        more=most == PROBE or len(waiting) == BATCH or len(filled) < len(due),
        passed=len(due) < len(waiting),
    )


def make_with(node: Node, work: UnitOfWork, new: Posted) -> Load | None:
    """The load of a message that this very transaction queues; None if the courier is to look at it apart.

    Raises:
        StatementExpired, WireError: if it cannot be sealed; nothing was written.
    """
    one, way = new.message, new.way
    if way.failures or way.rests(work.at) or not outbox.is_next(work.session, new):
        return None
    if one.epoch is not None or node.release(work, one) is not None:
        return None
    trust = Trust({one.peer: way.statement})
    made = attempt(work, way, one, trust)
    keep(work, one, made, tried=True)
    move_on(work, way)
    return Load(
        peer=one.peer,
        endpoint=way.endpoint,
        trust=trust,
        failures=0,
        messages=[(one, made.envelope)],
        alone=True,
        more=False,
        passed=False,
    )


def pack(node: Node, work: UnitOfWork, peer: str, jtis: Sequence[str]) -> list[Envelope]:
    """Those of these messages that are queued and may leave, as they would leave now, for a bundle."""
    way, trust, found = way_to(work.session, peer), peers.trust(work.session), []
    for one in _released(node, work, peer, outbox.still_queued(work.session, jtis)):
        made = attempt(work, way, one, trust)
        keep(work, one, made, tried=False)
        found.append(made.envelope)
    move_on(work, way)
    return found


def _filled(
    node: Node, work: UnitOfWork, way: Way, due: Sequence[Leaving], trust: Trust
) -> Iterator[tuple[Leaving, Envelope]]:
    """What may leave, as much as the peer reads in one request; an ended statement only stops new sealing."""
    room = ROOM
    for one in _released(node, work, way.peer, due):
        try:
            made = attempt(work, way, one, trust)
        except StatementExpired:
            if room == ROOM:
                raise
            return
        except WireError as fault:
            EVENTS.error("cannot be sealed", peer=one.peer, jti=one.jti, code=fault.code)
            settlement.postpone(work, one, fault.code)
            continue
        size = len(made.envelope.manifest) + len(made.envelope.sealed) * 4 // 3
        fits = size <= room or room == ROOM
        keep(work, one, made, tried=fits)
        if not fits:
            return
        room -= size
        yield one, made.envelope


def _released(node: Node, work: UnitOfWork, peer: str, queued: Sequence[Leaving]) -> Iterator[Leaving]:
    """Those that may leave; holding one changes what comes behind it in its thread, which is read again."""
    recall.gather(work.session, peer, {one.thread for one in queued})
    changed: set[str] = set()
    for read in queued:
        one = outbox.still_queued(work.session, [read.jti])[0] if read.thread in changed else read
        reason = node.release(work, one)
        if reason is None:
            yield one
            continue
        outbox.hold(work.session, one.jti, reason.code)
        changed.add(one.thread)
        EVENTS.warning("held", peer=peer, jti=one.jti, code=reason.code)
