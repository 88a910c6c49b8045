"""The envelopes of one request: what can be done without writing, and what of them was here before.

Manifests are read first, then one question finds those that are stored already, and only the others are opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from sqlalchemy import BindParameter, bindparam, null, select, union_all
from sqlalchemy.orm import Session

from relevo.delivery import epochs
from relevo.delivery.node import Node
from relevo.delivery.policy import ThreadUnknown
from relevo.errors import Conflict, RelevoError, WireError
from relevo.messages.registry import NODE_KIND
from relevo.protocol.claims import WrongIssuer
from relevo.protocol.envelope import Envelope, Opened, VerifiedManifest, open_envelope, read_manifest
from relevo.protocol.manifest import Manifest
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.trust import Trust
from relevo.storage import peers, recall, streams
from relevo.storage.appending import ask
from relevo.storage.streams import Stand
from relevo.storage.tables import InboxRow, OutboxRow
from relevo.storage.unit_of_work import UnitOfWork


class JtiReused(Conflict):
    """Another message has this jti, the sender's or one of ours."""

    code = "jti-reused"
    advice = "Tell the sender's administrator: a message never shares its identifier with another."


class SeqReused(WireError):
    """Another message has this place in the stream."""

    code = "seq-reused"
    advice = "Tell the sender's administrator: two messages of one stream never share a place."


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One envelope after everything that can be done without writing."""

    envelope: Envelope | None = None
    verified: VerifiedManifest | None = None
    opened: Opened | None = None
    fault: RelevoError | None = None


class Before(NamedTuple):
    """A message that is stored here: the digest of the claims that are the message, and its receipt."""

    identity: str
    receipt: str


@dataclass(kw_only=True)
class Known:
    """What of a batch was here before, and what of it is stored by now.

    `began` is how the stream stood before the batch and `stand` how it stands now, `stored` are the messages by their
    jti, `ours` those of its jtis that are messages of our own, `sizes` the bytes of each that was stored just now.
    `passed` are the threads of which a message was refused because no referral had begun there.
    """

    peer: str
    began: Stand
    stand: Stand
    stored: dict[str, Before]
    ours: frozenset[str]
    sizes: list[int] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)

    @classmethod
    def gather(cls, session: Session, peer: str, arrivals: Sequence[Arrival]) -> Self:
        """Ask once for everything that settling these will ask for.

        What a node says as itself may change procedures: nothing but its place is remembered beside such a message.
        """
        messages = [one.verified.manifest.message for one in arrivals if one.verified]
        threads = {one.thread for one in messages}
        if all(one.kind != NODE_KIND for one in messages):
            recall.gather(session, peer, threads)
        stand = streams.received(session, peer)
        here = ask(session, _HERE, {"peer": peer, "jtis": [one.jti for one in messages]}).all()
        passed = ask(session, _PASSED, {"peer": peer, "threads": list(threads)}).scalars()
        return cls(
            peer=peer,
            began=stand,
            stand=stand,
            stored={jti: Before(identity, receipt) for jti, identity, receipt in here if receipt is not None},
            ours=frozenset(jti for jti, _, receipt in here if receipt is None),
            passed=set(passed),
        )

    def receipt_of(self, verified: VerifiedManifest) -> str | None:
        """The stored receipt, if this is the same message again; None if its place is free for it.

        Raises:
            JtiReused, SeqReused: if another message has its identifier or its place.
            EpochUnknown: if it is of another epoch.
        """
        attempt, message = verified.manifest.attempt, verified.manifest.message
        stored = self.stored.get(message.jti)
        if stored is not None and stored.identity == message.identity():
            return stored.receipt
        if stored is not None or message.jti in self.ours:
            raise JtiReused
        opening = message.kind == NODE_KIND and attempt.seq == 1
        epochs.require_current(self.stand.epoch, attempt.epoch, opening=opening)
        if self.stand.holds(attempt.epoch, attempt.seq):
            raise SeqReused
        return None

    def keep(self, manifest: Manifest, before: Before, size: int, code: str | None) -> None:
        """Know of a message that was stored just now."""
        message = manifest.message
        self.stored[message.jti] = before
        self.stand = self.stand.with_place(manifest.attempt.epoch, manifest.attempt.seq)
        self.sizes.append(size)
        if code == ThreadUnknown.code:
            self.passed.add(message.thread)


def is_stored(session: Session, peer: str, jti: str) -> bool:
    """Whether a message of `peer` is here."""
    return ask(session, _STORED, {"peer": peer, "jtis": [jti]}).first() is not None


def inspect(node: Node, envelopes: Sequence[JsonValue], peer: str) -> list[Arrival]:
    """Verify and open what `peer` brought, except what is stored already; faults are kept, not raised."""
    with node.look() as work:
        trust = peers.trust(work.session)
        read = [_read(work, raw, trust, peer) for raw in envelopes]
        jtis = {one.verified.manifest.message.jti for one in read if one.verified}
        stored = frozenset(ask(work.session, _STORED, {"peer": peer, "jtis": list(jtis)}).scalars())
        return [_opened(node, work, one, trust, stored) for one in read]


def _read(work: UnitOfWork, raw: JsonValue, trust: Trust, peer: str) -> Arrival:
    verified = None
    try:
        envelope = Envelope.from_object(raw)
        verified = read_manifest(envelope.manifest, trust=trust, at=work.at)
        if verified.manifest.message.iss != peer:
            raise WrongIssuer("the envelope is not from the peer that brought it")
    except RelevoError as fault:
        return Arrival(verified=verified, fault=fault)
    return Arrival(envelope=envelope, verified=verified)


def _opened(node: Node, work: UnitOfWork, read: Arrival, trust: Trust, stored: frozenset[str]) -> Arrival:
    if read.envelope is None or read.verified is None or read.verified.manifest.message.jti in stored:
        return read
    keys = node.identity.keys
    try:
        opened = open_envelope(
            read.envelope,
            read.verified,
            trust=trust,
            me=node.identity.node_id,
            keys=keys.decryption,
            presentation=keys.presentation.public,
            earlier=[one.public for one in keys.presenters.values()],
            at=work.at,
        )
    except RelevoError as fault:
        return replace(read, fault=fault)
    return replace(read, opened=opened)


_JTIS: BindParameter[str] = bindparam("jtis", expanding=True)
_STORED = select(InboxRow.jti).where(InboxRow.peer == bindparam("peer"), InboxRow.jti.in_(_JTIS))
_HERE = union_all(
    _STORED.add_columns(InboxRow.identity, InboxRow.receipt),
    select(OutboxRow.jti, null(), null()).where(OutboxRow.jti.in_(_JTIS)),
)
"""Messages of the peer that are stored, and messages of ours, which have neither."""
_PASSED = select(InboxRow.thread).where(
    InboxRow.peer == bindparam("peer"),
    InboxRow.thread.in_(bindparam("threads", expanding=True)),
    InboxRow.code == ThreadUnknown.code,
)
