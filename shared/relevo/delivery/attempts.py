"""Attempts: a queued message sealed to the peer's newest key, at its place in the stream, its manifest signed and kept.

The message keeps its identity and its place on every attempt. An attempt is repeated byte for byte while both its keys
are in use; otherwise it is made anew, in the same place.

    attempt        makes it, or finds the one made before; of a new one manifest and log entry are kept before it leaves
    keep           notes it at the message, as one that is tried now or only made
    keep_sealed    keeps the sealed bytes as well, once they did not arrive; nearly all arrive at the first try
    move_on        notes where the stream stands, once all attempts of a load are made
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, update

from relevo.delivery import outbox
from relevo.delivery.outbox import Leaving
from relevo.delivery.ways import Way
from relevo.protocol.basis import Basis, kind_of
from relevo.protocol.envelope import Envelope, Message, content_digest, manifest_digest, seal_envelope
from relevo.protocol.manifest import said_in
from relevo.protocol.sd_jwt import Issued
from relevo.protocol.trust import Trust
from relevo.storage import log
from relevo.storage.appending import alter, append
from relevo.storage.tables import ManifestRow, OutboxRow, PeerRow
from relevo.storage.unit_of_work import UnitOfWork


class Attempt(NamedTuple):
    """A message as it leaves, and its place in the stream."""

    envelope: Envelope
    epoch: int
    seq: int


_KEEP = (
    update(OutboxRow)
    .where(OutboxRow.jti == bindparam("of"))
    .values({name: bindparam(name) for name in ("attempts", "epoch", "seq", "manifest", "sealed")})
)
_KEEP_SEALED = update(OutboxRow).where(OutboxRow.jti == bindparam("of")).values(sealed=bindparam("sealed"))
_MOVE_ON = (
    update(PeerRow)
    .where(PeerRow.node_id == bindparam("of"), PeerRow.last_seq < bindparam("place"))
    .values(last_seq=bindparam("place"))
)


def attempt(work: UnitOfWork, way: Way, row: Leaving, trust: Trust) -> Attempt:
    """The attempt that was made before, or one that is made now, in the next place of the stream if it has none.

    Raises:
        StatementExpired: if it would have to be sealed, and the peer's statement has ended.
        WireError: if it cannot be sealed.
    """
    return _made_before(work, row, trust) or _made_now(work, way, row, trust)


def keep(work: UnitOfWork, row: Leaving, made: Attempt, *, tried: bool) -> None:
    """Note an attempt at its message, without the sealed bytes if this is the first time that any are tried."""
    alter(
        work.session,
        _KEEP,
        of=row.jti,
        attempts=row.attempts + tried,
        epoch=made.epoch,
        seq=made.seq,
        manifest=made.envelope.manifest,
        sealed=None if tried and row.sealed is None else made.envelope.sealed,
    )


def keep_sealed(work: UnitOfWork, tried: Sequence[tuple[Leaving, Envelope]]) -> None:
    """Keep the sealed bytes of those that still wait, to be repeated, unless they say something else by now."""
    waiting = {one.jti: one for one in outbox.still_queued(work.session, [one.jti for one, _ in tried])}
    for one, envelope in tried:
        now = waiting.get(one.jti)
        if now and now.manifest == envelope.manifest and now.sealed != envelope.sealed and now.seals_same(one):
            alter(work.session, _KEEP_SEALED, of=one.jti, sealed=envelope.sealed)


def move_on(work: UnitOfWork, way: Way) -> None:
    """Note how far our stream has come."""
    alter(work.session, _MOVE_ON, of=way.peer, place=way.last_seq)


def _made_before(work: UnitOfWork, row: Leaving, trust: Trust) -> Attempt | None:
    if row.manifest is None or row.sealed is None or row.epoch is None or row.seq is None:
        return None
    made = said_in(row.manifest).attempt
    current = made.kid == work.identity.keys.signing.kid and trust.seals_to(row.peer, made.kem)
    return Attempt(Envelope(manifest=row.manifest, sealed=row.sealed), row.epoch, row.seq) if current else None


def _made_now(work: UnitOfWork, way: Way, row: Leaving, trust: Trust) -> Attempt:
    recipient = trust.encryption_key(row.peer, work.at)
    epoch, seq = row.epoch or way.epoch, row.seq or way.last_seq + 1
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
    way.last_seq = max(way.last_seq, seq) if epoch == way.epoch else way.last_seq
    _keep_manifest(work, row, envelope.manifest)
    return Attempt(envelope, epoch, seq)


def _message(row: Leaving, own: str) -> Message:
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


def _keep_manifest(work: UnitOfWork, row: Leaving, token: str) -> None:
    digest = manifest_digest(token)
    append(work.session, ManifestRow, digest=digest, jti=row.jti, token=token, made_at=work.at)
    names = {"jti": row.jti, "thread": row.thread, "peer": row.peer}
    log.record(work.session, "message-sent", work.at, subject=row.thread, manifest=digest, **names)
