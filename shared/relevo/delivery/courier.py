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
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import structlog

from relevo.delivery import epochs, outbox, reconcile, settlement
from relevo.delivery.attempts import attempt
from relevo.delivery.federation import ENVELOPES, MAX_BODY
from relevo.delivery.node import Node
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
from relevo.storage.peers import HEARD
from relevo.storage.tables import OutboxRow, PeerRow
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
    """What is brought to one peer in one request."""

    peer: str
    endpoint: str
    trust: Trust
    jtis: list[str]
    envelopes: list[JsonObject]


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

    def dispatch(self, peers: Collection[str] | None = None) -> None:
        """Begin to bring to every peer to whom nothing is on its way already, and wait for none of them.

        `peers` are those for whom something was queued just now; whoever does not know them lets them be looked up.

        Raises:
            Exception: what ended an earlier one, if nobody foresaw it.
        """
        ended = [future for future in self._futures if future.done()]
        self._futures = [future for future in self._futures if future not in ended]
        for future in ended:
            future.result()
        for peer in self._waiting() if peers is None else peers:
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
        brought = 0
        with self._node.database.lease(peer) as ours:
            while ours and not self._stop.is_set() and (last := self.bring(peer)):
                brought += last
                if peer not in self._waiting():
                    break
        return brought

    def bring(self, peer: str) -> int:
        """Bring one load to one peer, whose lease is held; how many of its messages were receipted."""
        load = None
        try:
            load = self._load(peer)
            if load is None:
                return 0
            results, summary = self._exchange(load)
        except RelevoError as fault:
            EVENTS.warning("not brought", peer=peer, code=fault.code, detail=fault.detail)
            self._postpone(peer, fault, load)
            return 0
        return self._settle(load, results, summary)

    def _load(self, peer: str) -> Load | None:
        with self._node.write(lane=peer) as work:
            row = work.session.get_one(PeerRow, peer)
            if row.state not in HEARD or waits(row.next_attempt_at, work.at) or epochs.is_stopped(work.session, peer):
                return None
            trust = peers.trust(work.session)
            filled = list(self._fill(work, row, trust))
        jtis, envelopes = [jti for jti, _ in filled], [envelope.to_object() for _, envelope in filled]
        return Load(peer=peer, endpoint=row.endpoint, trust=trust, jtis=jtis, envelopes=envelopes) if filled else None

    def _fill(self, work: UnitOfWork, peer: PeerRow, trust: Trust) -> Iterator[tuple[str, Envelope]]:
        """What may leave, as much as the peer reads in one request; an ended statement only stops new sealing."""
        room = ROOM
        most = PROBE if peer.failures else BATCH
        due = outbox.due_to_leave(work.session, peer.node_id, work.at, most)
        recall.gather(work.session, peer.node_id, {one.thread for one in due})
        for one in due:
            if not self._released(work, one):
                continue
            try:
                envelope = attempt(work, peer, one, trust)
            except StatementExpired:
                if room == ROOM:
                    raise
                return
            except WireError as fault:
                EVENTS.error("cannot be sealed", peer=one.peer, jti=one.jti, code=fault.code)
                settlement.postpone(work, one, fault.code)
                continue
            size = len(envelope.manifest) + len(envelope.sealed) * 4 // 3
            if size > room and room < ROOM:
                return
            room -= size
            one.attempts += 1
            yield one.jti, envelope

    def pack(self, work: UnitOfWork, peer: PeerRow, row: OutboxRow, trust: Trust) -> Envelope | None:
        """One queued message as it would leave now, for a bundle; None if it is held back."""
        return attempt(work, peer, row, trust) if self._released(work, row) else None

    def _released(self, work: UnitOfWork, row: OutboxRow) -> bool:
        with work.session.no_autoflush:
            reason = self._node.release(work, row)
        if reason is not None:
            outbox.hold(work.session, row, reason.code)
            EVENTS.warning("held", peer=row.peer, jti=row.jti, code=reason.code)
        return reason is None

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

    def _settle(self, load: Load, results: list[JsonObject], summary: JsonValue) -> int:
        with self._node.write(lane=load.peer) as work:
            gathered = settlement.gather(work.session, load.peer, load.jtis)
            settled = [
                settlement.settle(work, gathered, jti, result, load.trust)
                for jti, result in zip(load.jtis, results, strict=True)
            ]
            peer = work.session.get_one(PeerRow, load.peer)
            peer.failures, peer.next_attempt_at, peer.last_problem = 0, None, None
            reconcile.heed(self._node, work, load.peer, summary, load.trust)
        return sum(settled)

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
                settlement.set_aside(work, work.session.get_one(OutboxRow, load.jtis[0]), fault.code)


def _pause(failures: int, fault: RelevoError) -> timedelta:
    """As long as our own rule says, and not shorter than the peer asked for, within the hour."""
    wanted = fault.wait_seconds if isinstance(fault, PeerRefused) else None
    return max(min(timedelta(seconds=wanted or 0), CAP), pause(failures, _jitter()))


def _jitter() -> float:
    return secrets.randbelow(1 << 20) / (1 << 20)
