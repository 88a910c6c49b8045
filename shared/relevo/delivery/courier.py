"""The courier: takes what is queued for each peer, seals, signs, brings, and keeps the receipts.

For each peer, in the order in which messages were made:

1. in a short transaction, ask once more whether each message may leave, and give it the next place in the stream;
2. seal it to the peer's newest key and sign its manifest, and keep the manifest before it leaves;
3. bring up to 50 in one signed request, and read only an answer that the peer signed for this request;
4. verify each receipt, and settle its message in one transaction.

One item that fails never blocks the rest. A message is tried for ever, with the same jti on every attempt.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import structlog

from relevo.delivery import outbox, settlement
from relevo.delivery.federation import ENVELOPES, MAX_BODY
from relevo.delivery.node import Node
from relevo.delivery.retry import pause, waits
from relevo.delivery.transport import Answer, AnswerUnfit, Transport
from relevo.errors import RelevoError, WireError
from relevo.protocol import strict_json
from relevo.protocol.basis import Basis, kind_of
from relevo.protocol.claims import WORD
from relevo.protocol.envelope import Envelope, Message, content_digest, manifest_digest, seal_envelope
from relevo.protocol.hop import HopRequest, sign_request, verify_answer
from relevo.protocol.keys import VerifyKey
from relevo.protocol.manifest import said_in
from relevo.protocol.sd_jwt import Issued
from relevo.protocol.statement import StatementExpired
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, KeyUnknown, Trust
from relevo.storage import log, peers
from relevo.storage.peers import HEARD
from relevo.storage.tables import ManifestRow, OutboxRow, PeerRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.courier")
BATCH = 50
ROOM = MAX_BODY * 3 // 4
"""Bytes of envelopes in one request; a single larger one still goes, alone."""
CONTENT_TYPE = "application/json"
NEWER_STATEMENT = frozenset({KeyUnknown.code, KeyOutOfPeriod.code, KeyCompromised.code})
"""Faults of an answer after which the peer's newest statement is fetched."""


class PeerRefused(WireError):
    """The peer refused the request as a whole; the detail has its status and its code."""

    code = "peer-refused"
    advice = "Nothing is lost: it is tried again by itself. If it goes on, ask the peer's administrator about the code."


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is brought to one peer in one request."""

    peer: str
    endpoint: str
    trust: Trust
    jtis: list[str]
    envelopes: list[JsonObject]


class Courier:
    """Brings a node's post to its peers."""

    def __init__(self, node: Node, transport: Transport) -> None:
        self._node = node
        self._transport = transport

    def run_once(self) -> int:
        """Bring what may be tried now to every peer; how many messages were receipted."""
        with self._node.read() as work:
            waiting = outbox.peers_with_post(work.session)
        return sum(self._bring_all(peer) for peer in waiting)

    def _bring_all(self, peer: str) -> int:
        """Bring full loads until one is not full."""
        brought = last = self.bring(peer)
        while last == BATCH:
            last = self.bring(peer)
            brought += last
        return brought

    def bring(self, peer: str) -> int:
        """Bring one load to one peer; how many of its messages were receipted."""
        try:
            load = self._load(peer)
            if load is None:
                return 0
            results = self._exchange(load)
        except RelevoError as fault:
            EVENTS.warning("not brought", peer=peer, code=fault.code, detail=fault.detail)
            self._postpone(peer, fault.code)
            return 0
        return self._settle(load, results)

    def _load(self, peer: str) -> Load | None:
        with self._node.write() as work:
            row = work.session.get_one(PeerRow, peer)
            if row.state not in HEARD or waits(row.next_attempt_at, work.at):
                return None
            trust = peers.trust(work.session)
            filled = list(self._fill(work, row, trust))
        jtis, envelopes = [jti for jti, _ in filled], [envelope.to_object() for _, envelope in filled]
        return Load(peer=peer, endpoint=row.endpoint, trust=trust, jtis=jtis, envelopes=envelopes) if filled else None

    def _fill(self, work: UnitOfWork, peer: PeerRow, trust: Trust) -> Iterator[tuple[str, Envelope]]:
        """What may leave, as much as the peer reads in one request; an ended statement only stops new sealing."""
        room = ROOM
        for one in outbox.due_to_leave(work.session, peer.node_id, work.at, BATCH):
            if not self._released(work, one):
                continue
            try:
                envelope = _sealed(work, one, trust) or self._seal(work, peer, one, trust)
            except StatementExpired:
                if room == ROOM:
                    raise
                return
            size = len(envelope.manifest) + len(envelope.sealed) * 4 // 3
            if size > room and room < ROOM:
                return
            room -= size
            one.attempts += 1
            yield one.jti, envelope

    def _released(self, work: UnitOfWork, row: OutboxRow) -> bool:
        reason = self._node.release(work, row)
        if reason is not None:
            outbox.hold(work.session, row, reason.code)
            EVENTS.warning("held", peer=row.peer, jti=row.jti, code=reason.code)
        return reason is None

    def _seal(self, work: UnitOfWork, peer: PeerRow, row: OutboxRow, trust: Trust) -> Envelope:
        recipient = trust.encryption_key(row.peer, work.at)
        if row.seq is None:
            peer.last_seq += 1
            row.epoch, row.seq = peer.epoch, peer.last_seq
        basis = None
        if row.basis_record is not None and row.basis_salt is not None:
            basis = Basis(kind=kind_of(row.basis), record=row.basis_record, salt=row.basis_salt)
        envelope = seal_envelope(
            _message(row, work.identity.node_id),
            Issued(jwt=row.content, disclosures=tuple(row.disclosures)),
            basis,
            epoch=row.epoch or peer.epoch,
            seq=row.seq,
            at=work.at,
            key=work.identity.keys.signing,
            recipient=recipient,
        )
        row.manifest, row.sealed = envelope.manifest, envelope.sealed
        _keep_manifest(work, row, envelope.manifest)
        return envelope

    def _exchange(self, load: Load) -> list[JsonObject]:
        body = strict_json.dump({"envelopes": load.envelopes})
        url = load.endpoint.rstrip("/") + ENVELOPES
        at, key = self._node.clock.now(), self._node.identity.keys.signing
        headers = sign_request("POST", url, CONTENT_TYPE, body, key=key, at=at)
        answer = self._transport.send("POST", url, headers, body)
        request = HopRequest(method="POST", target_uri=url, headers=headers, body=body)
        return self._read(load, request, answer)

    def _read(self, load: Load, request: HopRequest, answer: Answer) -> list[JsonObject]:
        if answer.status != HTTPStatus.OK:
            raise PeerRefused(f"status {answer.status}, {_told(answer)}")

        def key_for(kid: str) -> VerifyKey:
            if load.trust.node_of(kid) != load.peer:
                raise AnswerUnfit("the answer is signed by another node")
            return load.trust.hop_key(kid, at)

        at = self._node.clock.now()
        verify_answer(answer.status, answer.headers, answer.body, request=request, key_for=key_for, at=at)
        results = strict_json.load(answer.body, limit=len(answer.body)).get("results")
        if not isinstance(results, list) or len(results) != len(load.jtis):
            raise AnswerUnfit("the answer does not have one result for each envelope")
        return [result if isinstance(result, dict) else {} for result in results]

    def _settle(self, load: Load, results: list[JsonObject]) -> int:
        with self._node.write() as work:
            settled = [
                settlement.settle(work, work.session.get_one(OutboxRow, jti), result, load.trust)
                for jti, result in zip(load.jtis, results, strict=True)
            ]
            peer = work.session.get_one(PeerRow, load.peer)
            peer.failures, peer.next_attempt_at, peer.last_problem = 0, None, None
        return sum(settled)

    def _postpone(self, peer: str, code: str) -> None:
        with self._node.write() as work:
            row = work.session.get_one(PeerRow, peer)
            row.failures, row.last_problem = row.failures + 1, code
            row.next_attempt_at = work.at + pause(row.failures, _jitter())
            if code in NEWER_STATEMENT:
                row.polled_at = None


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


def _told(answer: Answer) -> str:
    """The code in a problem document, if there is one; nothing signs it, so it is only for people to read."""
    try:
        code = strict_json.load(answer.body).get("code")
    except strict_json.MalformedJson:
        code = None
    return code if isinstance(code, str) and WORD.fullmatch(code) else "no code"


def _jitter() -> float:
    return secrets.randbelow(1 << 20) / (1 << 20)
