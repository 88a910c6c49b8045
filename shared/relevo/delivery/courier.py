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
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import structlog

from relevo.delivery import epochs, outbox, reconcile, settlement
from relevo.delivery.federation import ENVELOPES, MAX_BODY
from relevo.delivery.node import Node
from relevo.delivery.retry import CAP, pause, waits
from relevo.delivery.transport import Answer, AnswerUnfit, Transport, code_of, its_time, retry_after
from relevo.errors import RelevoError, WireError
from relevo.protocol import strict_json
from relevo.protocol.basis import Basis, kind_of
from relevo.protocol.envelope import Envelope, Message, content_digest, manifest_digest, seal_envelope
from relevo.protocol.hop import HopRequest, HopSkew, sign_request, verify_answer
from relevo.protocol.keys import VerifyKey
from relevo.protocol.manifest import said_in
from relevo.protocol.sd_jwt import Issued
from relevo.protocol.statement import StatementExpired
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, KeyUnknown, Trust
from relevo.storage import log, peers, recall
from relevo.storage.peers import HEARD
from relevo.storage.tables import ManifestRow, OutboxRow, PeerRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.courier")
BATCH = 50
PROBE = 1
"""How many are tried while a peer is down."""
AT_ONCE = 16
"""Peers to whom one process brings at the same time."""
ROOM = MAX_BODY * 3 // 4
"""Bytes of envelopes in one request; a single larger one still goes, alone."""
CHOKED = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.INTERNAL_SERVER_ERROR})
"""Statuses that may come of what was brought; all others speak of the peer, of our keys, or of the moment."""
CONTENT_TYPE = "application/json"
NEWER_STATEMENT = frozenset({KeyUnknown.code, KeyOutOfPeriod.code, KeyCompromised.code})
"""Faults of an answer after which the peer's newest statement is fetched."""


class PeerRefused(WireError):
    """The peer refused the request as a whole; the detail has its status and its code."""

    code = "peer-refused"
    advice = "Nothing is lost: it is tried again by itself. If it goes on, ask the peer's administrator about the code."

    of_what_was_brought = False
    wait_seconds: int | None = None
    its_time: datetime | None = None
    """What time it is there, if it refused because clocks differ."""

    @classmethod
    def by(cls, answer: Answer) -> PeerRefused:
        """What an answer without results says."""
        code = code_of(answer) or "no code"
        fault = cls(f"status {answer.status}, {code}")
        fault.of_what_was_brought = answer.status in CHOKED
        fault.wait_seconds = retry_after(answer)
        fault.its_time = its_time(answer) if code == HopSkew.code else None
        return fault


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
        self._under_way: dict[str, Future[int]] = {}

    def run_once(self) -> int:
        """Bring what may be tried now to every peer, one after the other; how many messages were receipted."""
        return sum(self._bring_all(peer) for peer in self._waiting())

    def dispatch(self) -> None:
        """Begin to bring to every peer to whom nothing is on its way already, and wait for none of them.

        Raises:
            Exception: what ended an earlier one, if nobody foresaw it.
        """
        ended = [peer for peer, future in self._under_way.items() if future.done()]
        for future in [self._under_way.pop(peer) for peer in ended]:
            future.result()
        for peer in self._waiting():
            if peer not in self._under_way:
                self._under_way[peer] = self._threads.submit(self._bring_all, peer)

    def stop(self) -> None:
        """Finish the requests that are on their way, and begin no more."""
        self._stop.set()
        self._threads.shutdown()

    def _waiting(self) -> list[str]:
        with self._node.read() as work:
            return outbox.peers_with_post(work.session)

    def _bring_all(self, peer: str) -> int:
        """Bring loads until nothing is taken any more, unless another courier is at it."""
        brought = 0
        with self._node.database.lease(peer) as ours:
            while ours and not self._stop.is_set() and (last := self.bring(peer)):
                brought += last
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
                envelope = _sealed(work, one, trust) or self._seal(work, peer, one, trust)
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
        return (_sealed(work, row, trust) or self._seal(work, peer, row, trust)) if self._released(work, row) else None

    def _released(self, work: UnitOfWork, row: OutboxRow) -> bool:
        with work.session.no_autoflush:
            reason = self._node.release(work, row)
        if reason is not None:
            outbox.hold(work.session, row, reason.code)
            EVENTS.warning("held", peer=row.peer, jti=row.jti, code=reason.code)
        return reason is None

    def _seal(self, work: UnitOfWork, peer: PeerRow, row: OutboxRow, trust: Trust) -> Envelope:
        recipient = trust.encryption_key(row.peer, work.at)
        epoch, seq = row.epoch or peer.epoch, row.seq or peer.last_seq + 1
        basis = None
        if row.basis_record is not None and row.basis_salt is not None:
            basis = Basis(kind=kind_of(row.basis), record=row.basis_record, salt=row.basis_salt)
        envelope = seal_envelope(
            _message(row, work.identity.node_id),
            Issued(jwt=row.content, disclosures=tuple(row.disclosures)),
            basis,
            epoch=epoch,
            seq=seq,
            at=work.at,
            key=work.identity.keys.signing,
            recipient=recipient,
        )
        peer.last_seq = max(peer.last_seq, seq) if epoch == peer.epoch else peer.last_seq
        row.epoch, row.seq = epoch, seq
        row.manifest, row.sealed = envelope.manifest, envelope.sealed
        _keep_manifest(work, row, envelope.manifest)
        return envelope

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


def _sealed(work: UnitOfWork, row: OutboxRow, trust: Trust) -> Envelope | None:
    """The attempt that was made before, if both its keys are still in use; otherwise it is made anew, in its place."""
    if row.manifest is None or row.sealed is None:
        return None
    attempt = said_in(row.manifest).attempt
    current = attempt.kid == work.identity.keys.signing.kid and trust.seals_to(row.peer, attempt.kem)
    return Envelope(manifest=row.manifest, sealed=row.sealed) if current else None


def _message(row: OutboxRow, own: str) -> Message:
    return Message(
        iss=own,
        aud=row.peer,
        jti=row.jti,
        thread=row.thread,
        kind=row.kind,
        sop=row.sop,
        basis=row.basis,
        content=content_digest(row.content),
    )


def _keep_manifest(work: UnitOfWork, row: OutboxRow, token: str) -> None:
    digest = manifest_digest(token)
    work.session.add(ManifestRow(digest=digest, jti=row.jti, token=token, made_at=work.at))
    names = {"jti": row.jti, "thread": row.thread, "peer": row.peer}
    log.record(work.session, "message-sent", work.at, subject=row.thread, manifest=digest, **names)


def _pause(failures: int, fault: RelevoError) -> timedelta:
    """As long as our own rule says, and not shorter than the peer asked for, within the hour."""
    wanted = fault.wait_seconds if isinstance(fault, PeerRefused) else None
    return max(min(timedelta(seconds=wanted or 0), CAP), pause(failures, _jitter()))


def _jitter() -> float:
    return secrets.randbelow(1 << 20) / (1 << 20)
