"""The envelopes of one request: what can be done without writing, and what of them was here before.

Manifests are read first, then one question finds those that are stored already, and only the others are opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from relevo.delivery.node import Node
from relevo.delivery.policy import ThreadUnknown
from relevo.errors import RelevoError
from relevo.messages.registry import NODE_KIND
from relevo.protocol.claims import WrongIssuer
from relevo.protocol.envelope import Envelope, Opened, VerifiedManifest, open_envelope, read_manifest
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.trust import Trust
from relevo.storage import peers, recall, shares, streams
from relevo.storage.appending import ask
from relevo.storage.tables import InboxRow, OutboxRow
from relevo.storage.unit_of_work import UnitOfWork

PASSED = (
    select(InboxRow.thread, func.max(InboxRow.jti))
    .where(
        InboxRow.peer == bindparam("peer"),
        InboxRow.thread.in_(bindparam("threads", expanding=True)),
        InboxRow.code == ThreadUnknown.code,
    )
    .group_by(InboxRow.thread)
)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One envelope after everything that can be done without writing."""

    envelope: Envelope | None = None
    verified: VerifiedManifest | None = None
    opened: Opened | None = None
    fault: RelevoError | None = None


@dataclass(kw_only=True)
class Known:
    """What of a batch was here before, and what of it is stored by now.

    `ours` are those of its jtis that are messages of our own, `places` the places of the stream that are taken, `sizes`
    the bytes of each message that was stored just now. `passed` has the newest message of each thread that was refused
    because no referral had begun there.
    """

    epoch: int
    stored: dict[str, InboxRow] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    places: set[tuple[int, int]] = field(default_factory=set)
    sizes: list[int] = field(default_factory=list)
    passed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def gather(cls, session: Session, peer: str, arrivals: Sequence[Arrival]) -> Self:
        """Ask once for everything that settling these will ask for.

        What a node says as itself may change procedures: nothing but its place is remembered beside such a message.
        """
        manifests = [one.verified.manifest for one in arrivals if one.verified]
        jtis, threads = {one.message.jti for one in manifests}, {one.message.thread for one in manifests}
        if all(one.message.kind != NODE_KIND for one in manifests):
            recall.gather(session, peer, threads)
        epochs, seqs = {one.attempt.epoch for one in manifests}, {one.attempt.seq for one in manifests}
        of_peer = (InboxRow.peer == peer, InboxRow.epoch.in_(epochs), InboxRow.seq.in_(seqs))
        places = session.execute(select(InboxRow.epoch, InboxRow.seq).where(*of_peer))
        return cls(
            epoch=streams.current_epoch(session, peer),
            stored=_stored(session, peer, jtis),
            ours=frozenset(session.scalars(select(OutboxRow.jti).where(OutboxRow.jti.in_(jtis)))),
            places={(epoch, seq) for epoch, seq in places},
            passed=dict(map(tuple, ask(session, PASSED, {"peer": peer, "threads": threads}))),
        )

    def keep(self, row: InboxRow) -> None:
        """Know of a message that was stored just now."""
        self.stored[row.jti] = row
        self.places.add((row.epoch, row.seq))
        self.sizes.append(shares.size_of(row))
        self.epoch = max(self.epoch, row.epoch)
        if row.code == ThreadUnknown.code:
            self.passed[row.thread] = max(row.jti, self.passed.get(row.thread, ""))


def inspect(node: Node, envelopes: Sequence[JsonValue], peer: str) -> list[Arrival]:
    """Verify and open what `peer` brought, except what is stored already; faults are kept, not raised."""
    with node.read() as work:
        trust = peers.trust(work.session)
        read = [_read(work, raw, trust, peer) for raw in envelopes]
        jtis = {one.verified.manifest.message.jti for one in read if one.verified}
        stored = _stored(work.session, peer, jtis)
        return [_opened(node, work, one, trust, stored) for one in read]


def _stored(session: Session, peer: str, jtis: set[str]) -> dict[str, InboxRow]:
    found = select(InboxRow).where(InboxRow.peer == peer, InboxRow.jti.in_(jtis))
    return {row.jti: row for row in session.scalars(found)}


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


def _opened(node: Node, work: UnitOfWork, read: Arrival, trust: Trust, stored: dict[str, InboxRow]) -> Arrival:
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
