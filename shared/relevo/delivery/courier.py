"""The courier: takes what is queued for each peer, seals, signs, brings, and keeps the receipts.

For each peer, in the order in which messages were made:

1. hold the lease of the peer, so that no other courier, here or in another process, brings to it meanwhile;
   in a short transaction, ask once more whether each message may leave, and give it the next place in the stream;
2. seal it to the peer's newest key and sign its manifest, and keep the manifest before it leaves;
3. bring up to 50 in one signed request, and read only an answer that the peer signed for this request;
4. verify each receipt, and settle its message in one transaction.

One item that fails never blocks the rest, and one peer never waits for another. While a peer is down one message
alone is tried, each time another if it was that one which the peer could not take. A message is tried for ever, with
the same jti on every attempt.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import structlog
from sqlalchemy import bindparam, update

from relevo.delivery import outbox, reconcile, settlement
from relevo.delivery.attempts import Stream, attempt, keep, move_on, stream_to
from relevo.delivery.federation import ENVELOPES, MAX_BODY
from relevo.delivery.node import Node
from relevo.delivery.outbox import Leaving
from relevo.delivery.peer_refused import PeerRefused
from relevo.delivery.retry import CAP, pause, waits
from relevo.delivery.transport import Answer, AnswerUnfit, Transport
from relevo.errors import RelevoError, WireError
from relevo.protocol import strict_json
from relevo.protocol.envelope import Envelope
from relevo.protocol.hop import HopRequest, sign_request, verify_answer
from relevo.protocol.keys import VerifyKey
from relevo.protocol.statement import StatementExpired
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, KeyUnknown, Trust
from relevo.storage import peers, recall
from relevo.storage.appending import ask
from relevo.storage.peers import HEARD
from relevo.storage.tables import PeerRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.courier")
BATCH = 50
PROBE = 1
"""How many are tried while a peer is down."""
AT_ONCE = 16
"""Peers to whom one process brings at the same time."""
ROOM = MAX_BODY * 3 // 4
"""Bytes of envelopes in one request; a single larger one still goes, alone."""
CONTENT_TYPE = "application/json"
NEWER_STATEMENT = frozenset({KeyUnknown.code, KeyOutOfPeriod.code, KeyCompromised.code})
"""Faults of an answer after which the peer's newest statement is fetched."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is brought to one peer in one request; `more` says that more may wait for the next."""

    peer: str
    endpoint: str
    trust: Trust
    jtis: list[str]
    envelopes: list[JsonObject]
    more: bool


_REACHED = (
    update(PeerRow)
    .where(
        PeerRow.node_id == bindparam("to"),
        (PeerRow.failures != 0) | PeerRow.next_attempt_at.is_not(None) | PeerRow.last_problem.is_not(None),
    )
    .values(failures=0, next_attempt_at=None, last_problem=None)
)


class Courier:
    """Brings a node's post to its peers, each in a thread of its own."""

    def __init__(self, node: Node, transport: Transport) -> None:
        self._node = node
        self._transport = transport
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="relevo-courier")
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._rung: set[str] = set()
        self._futures: list[Future[None]] = []

    def run_once(self) -> int:
        """Bring what may be tried now to every peer, one after the other; how many messages were receipted."""
        return sum(self._bring_all(peer) for peer in self._waiting())

    def dispatch(self) -> None:
        """Begin to bring to every peer to whom nothing is on its way already, and wait for none of them.

        Raises:
            Exception: what ended an earlier one, if nobody foresaw it.
        """
        ended = [future for future in self._futures if future.done()]
        self._futures = [future for future in self._futures if future not in ended]
        for future in ended:
            future.result()
        for peer in self._waiting():
            with self._lock:
                if peer in self._under_way:
                    self._rung.add(peer)
                else:
                    self._under_way.add(peer)
                    self._futures.append(self._threads.submit(self._bring_while_rung, peer))

    def stop(self) -> None:
        """Finish the requests that are on their way, and begin no more."""
        self._stop.set()
        self._threads.shutdown()

    def _waiting(self) -> list[str]:
        with self._node.read() as work:
            return outbox.peers_with_post(work.session)

    def _bring_while_rung(self, peer: str) -> None:
        """Bring, and look once more if somebody queued something while the last look ended."""
        again = True
        while again:
            again = False
            try:
                self._bring_all(peer)
                again = True
            finally:
                with self._lock:
                    again = again and peer in self._rung
                    self._rung.discard(peer)
                    if not again:
                        self._under_way.discard(peer)

    def _bring_all(self, peer: str) -> int:
        """Bring loads until nothing is taken any more, unless another courier is at it."""
        brought, more = 0, True
        with self._node.database.lease(peer) as ours:
            while ours and more and not self._stop.is_set():
                last, more = self._bring(peer)
                brought += last
        return brought

    def _bring(self, peer: str) -> tuple[int, bool]:
        """Bring one load to one peer; how many of its messages were receipted, and whether another is to follow."""
        load = None
        try:
            load = self._load(peer)
            if load is None:
                return 0, False
            results, summary = self._exchange(load)
        except RelevoError as fault:
            EVENTS.warning("not brought", peer=peer, code=fault.code, detail=fault.detail)
            self._postpone(peer, fault, load)
            return 0, False
        receipted, offered_again = self._settle(load, results, summary)
        return receipted, receipted > 0 and (load.more or offered_again > 0)

    def _load(self, peer: str) -> Load | None:
        with self._node.write(lane=peer) as work:
            stream = stream_to(work.session, peer)
            if stream.state not in HEARD or waits(stream.next_attempt_at, work.at) or stream.stopped:
                return None
            trust, most = peers.trust(work.session), PROBE if stream.failures else BATCH
            due = outbox.due_to_leave(work.session, peer, stream.epoch, work.at, most)
            filled = list(self._fill(work, stream, due, trust))
            move_on(work, stream)
        more = most == PROBE or len(due) == BATCH or len(filled) < len(due)
        jtis, envelopes = [jti for jti, _ in filled], [envelope.to_object() for _, envelope in filled]
        brought = Load(peer=peer, endpoint=stream.endpoint, trust=trust, jtis=jtis, envelopes=envelopes, more=more)
        return brought if filled else None

    def _fill(
        self, work: UnitOfWork, stream: Stream, due: Sequence[Leaving], trust: Trust
    ) -> Iterator[tuple[str, Envelope]]:
        """What may leave, as much as the peer reads in one request; an ended statement only stops new sealing."""
        room = ROOM
        for one in self._released(work, stream.peer, due):
            try:
                made = attempt(work, stream, one, trust)
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
            yield one.jti, made.envelope

    def pack(self, work: UnitOfWork, peer: str, jtis: Sequence[str]) -> list[Envelope]:
        """Those of these messages that are queued and may leave, as they would leave now, for a bundle."""
        stream, trust, found = stream_to(work.session, peer), peers.trust(work.session), []
        for one in self._released(work, peer, outbox.still_queued(work.session, jtis)):
            made = attempt(work, stream, one, trust)
            keep(work, one, made, tried=False)
            found.append(made.envelope)
        move_on(work, stream)
        return found

    def _released(self, work: UnitOfWork, peer: str, queued: Sequence[Leaving]) -> Iterator[Leaving]:
        """Those that may leave; holding one changes what comes behind it in its thread, which is read again."""
        recall.gather(work.session, peer, {one.thread for one in queued})
        changed: set[str] = set()
        for read in queued:
            one = outbox.still_queued(work.session, [read.jti])[0] if read.thread in changed else read
            reason = self._node.release(work, one)
            if reason is None:
                yield one
                continue
            outbox.hold(work.session, one.jti, reason.code)
            changed.add(one.thread)
            EVENTS.warning("held", peer=peer, jti=one.jti, code=reason.code)

    def _exchange(self, load: Load) -> tuple[list[JsonObject], JsonValue]:
        body = strict_json.dump({"envelopes": load.envelopes})
        url = load.endpoint.rstrip("/") + ENVELOPES
        at, key = self._node.clock.now(), self._node.identity.keys.signing
        headers = sign_request("POST", url, CONTENT_TYPE, body, key=key, at=at)
        answer = self._transport.send("POST", url, headers, body)
        request = HopRequest(method="POST", target_uri=url, headers=headers, body=body)
        return self._read(load, request, answer)

    def _read(self, load: Load, request: HopRequest, answer: Answer) -> tuple[list[JsonObject], JsonValue]:
        if answer.status != HTTPStatus.OK:
            raise PeerRefused.by(answer)

        def key_for(kid: str) -> VerifyKey:
            if load.trust.node_of(kid) != load.peer:
                raise AnswerUnfit("the answer is signed by another node")
            return load.trust.hop_key(kid, at)

        at = self._node.clock.now()
        verify_answer(answer.status, answer.headers, answer.body, request=request, key_for=key_for, at=at)
        said = strict_json.load(answer.body, limit=len(answer.body))
        results = said.get("results")
        if not isinstance(results, list) or len(results) != len(load.jtis):
            raise AnswerUnfit("the answer does not have one result for each envelope")
        return [result if isinstance(result, dict) else {} for result in results], said.get("summary")

    def _settle(self, load: Load, results: list[JsonObject], summary: JsonValue) -> tuple[int, int]:
        """How many are receipted now, and how many others the peer's summary makes us offer again."""
        with self._node.write(lane=load.peer) as work:
            rows = settlement.gather(work.session, load.peer, load.jtis)
            settled = [
                settlement.settle(work, rows[jti], result, load.trust)
                for jti, result in zip(load.jtis, results, strict=True)
            ]
            ask(work.session, _REACHED, {"to": load.peer})
            return sum(settled), reconcile.heed(self._node, work, load.peer, summary, load.trust)

    def _postpone(self, peer: str, fault: RelevoError, load: Load | None) -> None:
        with self._node.write(lane=peer) as work:
            row = work.session.get_one(PeerRow, peer)
            row.failures, row.last_problem = row.failures + 1, fault.code
            row.next_attempt_at = work.at + _pause(row.failures, fault)
            if fault.code in NEWER_STATEMENT:
                row.polled_at = None
            if isinstance(fault, PeerRefused) and fault.its_time is not None:
                peers.note_skew(row, fault.its_time, work.at)
            if isinstance(fault, PeerRefused) and fault.of_what_was_brought and load and len(load.jtis) == PROBE:
                (alone,) = settlement.gather(work.session, peer, load.jtis).values()
                settlement.set_aside(work, alone, fault.code)


def _pause(failures: int, fault: RelevoError) -> timedelta:
    """As long as our own rule says, and not shorter than the peer asked for, within the hour."""
    wanted = fault.wait_seconds if isinstance(fault, PeerRefused) else None
    return max(min(timedelta(seconds=wanted or 0), CAP), pause(failures, _jitter()))


def _jitter() -> float:
    return secrets.randbelow(1 << 20) / (1 << 20)
