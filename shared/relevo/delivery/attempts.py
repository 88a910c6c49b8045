"""Attempts: a queued message sealed to the peer's newest key, at its place in the stream, its manifest signed and kept.

The message keeps its identity and its place on every attempt. An attempt is repeated byte for byte while both its keys
are in use; otherwise it is made anew, in the same place.
"""

from __future__ import annotations

from relevo.protocol.basis import Basis, kind_of
from relevo.protocol.envelope import Envelope, Message, content_digest, manifest_digest, seal_envelope
from relevo.protocol.manifest import said_in
from relevo.protocol.sd_jwt import Issued
from relevo.protocol.trust import Trust
from relevo.storage import log
from relevo.storage.appending import append
from relevo.storage.tables import ManifestRow, OutboxRow, PeerRow
from relevo.storage.unit_of_work import UnitOfWork


def attempt(work: UnitOfWork, peer: PeerRow, row: OutboxRow, trust: Trust) -> Envelope:
    """The attempt that was made before, or one that is made now and kept with its log entry before it leaves.

    Raises:
        StatementExpired: if it would have to be sealed, and the peer's statement has ended.
        WireError: if it cannot be sealed.
    """
    return _made_before(work, row, trust) or _made_now(work, peer, row, trust)


def _made_before(work: UnitOfWork, row: OutboxRow, trust: Trust) -> Envelope | None:
    if row.manifest is None or row.sealed is None:
        return None
    made = said_in(row.manifest).attempt
    current = made.kid == work.identity.keys.signing.kid and trust.seals_to(row.peer, made.kem)
    return Envelope(manifest=row.manifest, sealed=row.sealed) if current else None


def _made_now(work: UnitOfWork, peer: PeerRow, row: OutboxRow, trust: Trust) -> Envelope:
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
    append(work.session, ManifestRow, digest=digest, jti=row.jti, token=token, made_at=work.at)
    names = {"jti": row.jti, "thread": row.thread, "peer": row.peer}
    log.record(work.session, "message-sent", work.at, subject=row.thread, manifest=digest, **names)
