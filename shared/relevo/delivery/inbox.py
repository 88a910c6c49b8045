"""The inbox: what happens to envelopes that a registered peer brought, 1 to 50 at a time.

Outside the transaction each envelope is verified, opened and read (`relevo.delivery.arrivals`). Then one transaction
holds {the nonce of the request; for each envelope policy, inbox row, effect, receipt and log entries}, and only then is
anything answered. All are written together; should one of them be refused, all is undone and done again with a
savepoint for each, so that a message that fails leaves nothing behind and keeps no other back.

| what came | what is written | what the peer gets |
| --- | --- | --- |
| a message that may have its effect | effect, inbox, receipt `stored` | the receipt |
| the same message again | nothing | the stored receipt, byte for byte |
| another message under a known jti | a note that it was refused | `jti-reused` |
| a fault of the message itself | inbox without disclosures, receipt `refused` + code | the receipt |
| anything that another try may mend | a note that it was refused | a problem with a code |

What still arrives about a person whose data was erased takes its place in the evidence and leaves no words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import structlog
from sqlalchemy.orm import Session

from relevo.clock import moment
from relevo.delivery import duties, epochs, file_traces, node_messages, nonces, policy, retention, steps
from relevo.delivery.admission import Busy
from relevo.delivery.apart import apart
from relevo.delivery.arrivals import Arrival, Before, JtiReused, Known, inspect, is_stored
from relevo.delivery.node import Node
from relevo.delivery.signing_time import require_time_to_sign
from relevo.delivery.summaries import signed_summary
from relevo.domain.referral import Step
from relevo.errors import BadInput, Conflict, Refusal, RelevoError, WireError
from relevo.messages.content import MalformedContent, Said
from relevo.messages.registry import NODE_KIND
from relevo.protocol.base64url import digest
from relevo.protocol.envelope import Message, Opened, VerifiedManifest
from relevo.protocol.hop import VerifiedHop
from relevo.protocol.receipt import DueClaim, Receipt, sign_receipt
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, KeyUnknown, Trust
from relevo.storage import callers, erasure, files, log, peers, refused, shares, streams
from relevo.storage.appending import append
from relevo.storage.callers import Caller
from relevo.storage.database import UNKEEPABLE, ring
from relevo.storage.tables import InboxRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.inbox")
Settle: TypeAlias = Callable[[Node, UnitOfWork, Sequence[Arrival], Known], list[JsonObject]]
WITHIN_THREAD = frozenset({"requested", "acknowledged", "answered", "contacted", "reported"})
"""Open kinds whose steps write rows of their own thread and no other."""


class PredecessorMissing(WireError):
    """The message follows one of the same referral that has not arrived."""

    code = "predecessor-missing"
    advice = "Send the earlier message first; this one can be sent again as it is."


class BegunTooLate(Refusal):
    """What follows this message was refused before it came; its sender had held it back and goes by that."""

    code = "begun-too-late"
    rule = "lifecycle.step"
    advice = "Nothing of it was kept. If the person still wants it, send a new referral."


@dataclass(frozen=True, kw_only=True)
class Took:
    """What a peer is told at `at`: for each envelope, in order, a receipt or a problem, and how far its stream came."""

    results: list[JsonObject]
    summary: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a message did: the referral that it belongs to, the duties that it began, and what of it is not kept."""

    row: ReferralRow | None = None
    due: tuple[DueClaim, ...] = ()
    unkept: frozenset[str] = frozenset()
    hushed: bool = False


def receive(node: Node, envelopes: Sequence[JsonValue], *, caller: Caller, trust: Trust, hop: VerifiedHop) -> Took:
    """Receive the envelopes of one signed request of `caller`, if they hold by the statements in `trust`.

    Raises:
        NonceSeen, ClockBehind: if the request was accepted before, or nobody could verify receipts; nothing is written.
        PeerSuspended, PeerRevoked: if an administrator decided so while the envelopes were read; likewise.
        Busy: if the caller's statement was replaced meanwhile, so that nobody knows whether they still hold; likewise.
    """
    arrivals = inspect(node, envelopes, caller, trust)
    if all(arrival.fault is None for arrival in arrivals):
        with suppress(RelevoError, *UNKEEPABLE):
            return _receive(node, arrivals, caller, hop, _all_at_once)
    return _receive(node, arrivals, caller, hop, _one_by_one)


def _receive(node: Node, arrivals: Sequence[Arrival], asked: Caller, hop: VerifiedHop, settle: Settle) -> Took:
    peer = asked.node_id
    with node.write(lane=_lane(arrivals, peer)) as work:
        begun = callers.begin(work.session, peer, me=work.identity.node_id, nonce=hop.nonce)
        begun.caller.require_heard()
        if begun.caller.stated != asked.stated:
            raise Busy
        require_time_to_sign(work, begun.own)
        nonces.require_new(begun)
        known = Known.gather(work.session, peer, streams.stand(work.session, peer, begun.caller.noted), arrivals)
        results = settle(node, work, arrivals, known)
        nonces.remember(work, peer, hop)
        _hear(work, begun.caller, hop, arrivals, known)
        streams.note(work.session, peer, known.began, known.stand)
        return Took(results=results, summary=signed_summary(work, peer, known.stand), at=work.at)


def _lane(arrivals: Sequence[Arrival], peer: str) -> str | None:
    """What stays within one thread needs only its peer's lane; what may reach other referrals of a person needs all."""
    kinds = {one.verified.manifest.message.kind for one in arrivals if one.verified}
    return peer if kinds <= WITHIN_THREAD else None


def _all_at_once(node: Node, work: UnitOfWork, arrivals: Sequence[Arrival], known: Known) -> list[JsonObject]:
    """A receipt for each, written together; raises unless every single one may have its effect.

    That is nearly always so, and a savepoint for each message would cost more than all its rules.
    """
    return [_sound(node, work, arrival, known) for arrival in arrivals]


def _sound(node: Node, work: UnitOfWork, arrival: Arrival, known: Known) -> JsonObject:
    if arrival.verified is None or arrival.fault is not None:
        raise arrival.fault or WireError()
    jti = arrival.verified.manifest.message.jti
    return {"jti": jti, "receipt": known.receipt_of(arrival.verified) or _take(node, work, arrival, known)}


def _one_by_one(node: Node, work: UnitOfWork, arrivals: Sequence[Arrival], known: Known) -> list[JsonObject]:
    return [_settle(node, work, arrival, known) for arrival in arrivals]


def _settle(node: Node, work: UnitOfWork, arrival: Arrival, known: Known) -> JsonObject:
    verified = arrival.verified
    jti = verified.manifest.message.jti if verified else None
    try:
        if verified is None:
            raise arrival.fault or WireError()
        return {"jti": jti, "receipt": _receipt_for(node, work, arrival, verified, known)}
    except RelevoError as fault:
        code = fault.wire_code if isinstance(fault, WireError) else fault.code
        tell = EVENTS.error if isinstance(fault, JtiReused) else EVENTS.warning
        tell("refused for now", peer=known.peer, jti=jti, code=fault.code, told=code)
        named = verified.digest if verified else None
        refused.note(work.session, peer=known.peer, code=fault.code, digest=named, at=work.at)
        return {"jti": jti, "problem": {"code": code}}


def _receipt_for(node: Node, work: UnitOfWork, arrival: Arrival, verified: VerifiedManifest, known: Known) -> str:
    before = known.receipt_of(verified)
    if before is not None:
        return before
    try:
        with apart(work.session):
            return _take(node, work, arrival, known)
    except (Refusal, Conflict, BadInput, WireError) as fault:
        if isinstance(fault, WireError) and not fault.final:
            raise
        EVENTS.warning(
            "refused", peer=verified.manifest.message.iss, jti=verified.manifest.message.jti, code=fault.code
        )
        return _store(work, verified, known, (), opened=arrival.opened, code=fault.code, words=False)


def _take(node: Node, work: UnitOfWork, arrival: Arrival, known: Known) -> str:
    """Let a message have its effect, and store it; if it may not, what it wrote so far is undone by the caller."""
    opened, said = arrival.opened, arrival.said
    if opened is None or said is None:
        raise arrival.fault or WireError()
    effect = _effect(node, work, opened, said, known)
    token = _store(work, opened.verified, known, effect.due, opened=opened, words=not effect.hushed)
    _leave_no_words(work, effect)
    return token


def _effect(node: Node, work: UnitOfWork, opened: Opened, said: Said, known: Known) -> Effect:
    message = opened.verified.manifest.message
    epochs.require_opened(known.stand.epoch, opened.verified.manifest.attempt.epoch, said.step)
    _require_order(work.session, message, said, known)
    if message.kind == NODE_KIND:
        node_messages.learn(work, message.iss, said)
        return Effect()
    admitted = policy.admit(work, opened, said)
    taken, begun = steps.learn(work, admitted.row, said, jti=message.jti, at=moment(opened.claims["iat"]))
    node.handlers[said.step](work, admitted.row, admitted.said)
    for file in files.expect(work.session, message.iss, message.thread, files.listed_in(said.classes), work.at):
        file_traces.received(work, file)
    if admitted.hushed:
        taken.said = {}
    due = duties.claims(begun, admitted.row, work.identity.node_id, work.identity.side)
    return Effect(row=admitted.row, due=due, unkept=admitted.unkept, hushed=admitted.hushed)


def _leave_no_words(work: UnitOfWork, effect: Effect) -> None:
    """What was erased here, or what the person has closed since, stays gone when a message brings it once more."""
    if effect.row is None:
        return
    if erasure.is_erased(effect.row):
        erasure.erase_thread(work.session, effect.row, retention.still_kept(work, effect.row))
        return
    if effect.unkept:
        erasure.erase_closed(work.session, effect.row, effect.unkept)


def _require_order(session: Session, message: Message, said: Said, known: Known) -> None:
    """What a message knew is told from its jti (`consent_changes`), so it must lie behind the one that it follows.

    What begins a referral must not come once the sender was told, of another message, that there is none: that may have
    been a withdrawal. It comes all the same where it went by a file before it was held back.
    """
    if said.after is None:
        if message.thread in known.passed and said.step == Step.REQUESTED:
            raise BegunTooLate
        return
    if said.after not in known.stored and not is_stored(session, message.iss, said.after):
        raise PredecessorMissing
    if said.after >= message.jti:
        raise MalformedContent(detail="the jti does not rise within its thread", field="after")


def _store(
    work: UnitOfWork,
    verified: VerifiedManifest,
    known: Known,
    due: tuple[DueClaim, ...],
    *,
    opened: Opened | None,
    code: str | None = None,
    words: bool = True,
) -> str:
    message, attempt = verified.manifest.message, verified.manifest.attempt
    receipt = Receipt(
        iss=work.identity.node_id,
        aud=message.iss,
        of=verified.digest,
        jti=message.jti,
        disposition="refused" if code else "stored",
        code=code,
        received_at=work.at,
        due=due,
    )
    token = sign_receipt(receipt, work.identity.keys.signing)
    identity, content = message.identity(), opened.issued.jwt if opened else None
    disclosures = list(opened.issued.disclosures) if opened and words else None
    append(
        work.session,
        InboxRow,
        peer=message.iss,
        jti=message.jti,
        identity=identity,
        thread=message.thread,
        kind=message.kind,
        epoch=attempt.epoch,
        seq=attempt.seq,
        manifest=verified.token,
        content=content,
        disclosures=disclosures,
        disposition=receipt.disposition,
        code=code,
        receipt=token,
        received_at=work.at,
    )
    size = shares.size_of(verified.token, content, disclosures, token)
    known.keep(verified.manifest, Before(identity, token), size, code)
    names = {"jti": message.jti, "thread": message.thread, "peer": message.iss}
    log.record(work.session, "message-received", work.at, subject=message.thread, manifest=verified.digest, **names)
    log.record(work.session, "receipt-made", work.at, subject=message.thread, receipt=digest(token.encode()), **names)
    return token


def _hear(work: UnitOfWork, caller: Caller, hop: VerifiedHop, arrivals: Sequence[Arrival], known: Known) -> None:
    """A peer that brings something is up: its own post may go at once. An unknown key means a newer statement."""
    if caller.next_attempt_at is not None:
        ring(work.session, caller.node_id)
    callers.brought(work.session, caller, known.sizes, said=hop.created, at=work.at)
    if any(isinstance(arrival.fault, KeyUnknown | KeyOutOfPeriod | KeyCompromised) for arrival in arrivals):
        peers.ask_again(work.session, [caller.node_id])
