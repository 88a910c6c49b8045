"""The envelopes of one request: what can be done without writing, and what of them was here before.

Manifests are read first. What has come already is not opened again: of those whose place may be taken one question
finds out. A place behind all that has come is nearly always a new message, and nobody is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Self

from sqlalchemy import Executable, bindparam, literal_column, null, select, union_all
from sqlalchemy.orm import Session

from relevo.delivery import epochs
from relevo.delivery.node import Node
from relevo.delivery.policy import ThreadUnknown
from relevo.errors import Conflict, RelevoError, WireError
from relevo.messages import content
from relevo.messages.content import Said
from relevo.messages.registry import NODE_KIND
from relevo.protocol.claims import WrongIssuer
from relevo.protocol.envelope import Envelope, Opened, VerifiedManifest, open_envelope, read_manifest
from relevo.protocol.manifest import Manifest
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.trust import Trust
from relevo.storage import recall
from relevo.storage.among import among
from relevo.storage.appending import ask
from relevo.storage.callers import Caller
from relevo.storage.streams import Stand
from relevo.storage.tables import InboxRow, OutboxRow, ReferralRow


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
    """One envelope after everything that can be done without writing; `fault` is why something of it is missing."""

    envelope: Envelope | None = None
    verified: VerifiedManifest | None = None
    opened: Opened | None = None
    said: Said | None = None
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
    def gather(cls, session: Session, peer: str, stand: Stand, arrivals: Sequence[Arrival]) -> Self:
        """Ask once for everything that settling these will ask for; the stream stands at `stand`.

        What a node says as itself may change procedures: nothing but its place is remembered beside such a message.
        """
        messages = [one.verified.manifest.message for one in arrivals if one.verified]
        threads = {one.thread for one in messages}
        asked = {"peer": peer, "jtis": [one.jti for one in messages], "threads": list(threads)}
        here = defaultdict[str, dict[str, Before]](dict)
        for what, name, *before in ask(session, _HERE, asked):
            here[what][name] = Before(*before)
        if all(one.kind != NODE_KIND for one in messages):
            recall.gather(session, peer, threads, new=threads - here["begun"].keys())
        ours, passed = frozenset(here["ours"]), set(here["passed"])
        return cls(peer=peer, began=stand, stand=stand, stored=here["stored"], ours=ours, passed=passed)

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


def inspect(node: Node, envelopes: Sequence[JsonValue], caller: Caller, trust: Trust) -> list[Arrival]:
    """Verify, open and read what `caller` brought, except what is stored already; faults are kept, not raised."""
    at = node.clock.now()
    read = [_read(raw, trust, caller.node_id, at) for raw in envelopes]
    stored = _stored(node, read, caller)
    return [_opened(node, one, trust, stored, at) for one in read]


def _stored(node: Node, read: Sequence[Arrival], caller: Caller) -> frozenset[str]:
    """The jtis of those that are stored here; of what lies behind all that has come, none is found."""
    manifests = [one.verified.manifest for one in read if one.verified]
    jtis = [one.message.jti for one in manifests if caller.has_reached(one.attempt.epoch, one.attempt.seq)]
    if not jtis:
        return frozenset()
    with node.look() as work:
        return frozenset(ask(work.session, _STORED, {"peer": caller.node_id, "jtis": jtis}).scalars())


def _read(raw: JsonValue, trust: Trust, peer: str, at: datetime) -> Arrival:
    verified = None
    try:
        envelope = Envelope.from_object(raw)
        verified = read_manifest(envelope.manifest, trust=trust, at=at)
        if verified.manifest.message.iss != peer:
            raise WrongIssuer("the envelope is not from the peer that brought it")
    except RelevoError as fault:
        return Arrival(verified=verified, fault=fault)
    return Arrival(envelope=envelope, verified=verified)


def _opened(node: Node, read: Arrival, trust: Trust, stored: frozenset[str], at: datetime) -> Arrival:
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
            at=at,
        )
    except RelevoError as fault:
        return replace(read, fault=fault)
    try:
        said = content.read(opened.claims, kind=read.verified.manifest.message.kind, speaker=node.identity.side.other)
    except RelevoError as fault:
        return replace(read, opened=opened, fault=fault)
    return replace(read, opened=opened, said=said)


_MINE = InboxRow.peer == bindparam("peer")
_STORED = select(InboxRow.jti).where(_MINE, among(InboxRow.jti, "jtis"))
_HERE: Executable = union_all(
    select(literal_column("'stored'"), InboxRow.jti, InboxRow.identity, InboxRow.receipt).where(
        _MINE, among(InboxRow.jti, "jtis")
    ),
    select(literal_column("'ours'"), OutboxRow.jti, null(), null()).where(among(OutboxRow.jti, "jtis")),
    select(literal_column("'passed'"), InboxRow.thread, null(), null()).where(
        _MINE, among(InboxRow.thread, "threads"), InboxRow.code == ThreadUnknown.code
    ),
    select(literal_column("'begun'"), ReferralRow.thread, null(), null()).where(among(ReferralRow.thread, "threads")),
)
"""What is here of these messages and threads: messages of the peer that are stored, messages of ours, threads of which
one was refused because no referral had begun there, and threads that have a referral, with whomsoever."""
