"""What arrived under a key that its node later declared stolen: shown to administrators, never dropped.

A message belongs here if its manifest was signed with a key that has `invalid_from`, and our own receipt does not prove
that it was here before that moment. Nothing is undone by itself: the effect of each message stands beside the list
until people of both nodes have spoken about it. The list is computed from what is kept, so nothing can be left out of
it. What a stolen key signs from then on is refused (`key-compromised`).

Signatures under procedures are listed beside the messages: a procedure that a thief agreed to lets data move.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from relevo.domain.access import Act
from relevo.protocol.manifest import said_in
from relevo.protocol.sop_signature import signer_of
from relevo.storage import peers, sops
from relevo.storage.tables import InboxRow, PeerRow
from relevo.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """A message that perhaps a thief sent: from whom, what, when it came, and from when its key is invalid."""

    peer: str
    jti: str
    thread: str
    kind: str
    received_at: datetime
    kid: str
    invalid_from: datetime


@dataclass(frozen=True, kw_only=True)
class DoubtfulProcedure:
    """A procedure under which a peer's signature stands that perhaps a thief made; `next` says what to do."""

    peer: str
    name: str
    version: int
    digest: str
    state: str
    changed_at: datetime
    kid: str
    invalid_from: datetime
    next: str = (
        "Call the peer's administrator and compare the digest. If it is theirs, propose the same rules as the next "
        "version, so that it is signed anew; if not, suspend the peer at once: data may have moved under it."
    )


def doubtful_procedures(work: UnitOfWork) -> list[DoubtfulProcedure]:
    """All procedures of which the peer's signature may be a thief's, by peer, name and version.

    When a signature came is not kept apart from when the procedure was agreed, so one that came shortly before the
    theft and was accepted after it is listed too.
    """
    work.require(Act.REGISTER_PEER)
    return [one for row in peers.everybody(work.session) for one in _procedures_of(work, row)]


def doubtful(work: UnitOfWork) -> list[Doubtful]:
    """All messages in quarantine, those of one peer together, oldest first."""
    work.require(Act.REGISTER_PEER)
    return [one for row in peers.everybody(work.session) for one in _of(work, row)]


def _procedures_of(work: UnitOfWork, peer: PeerRow) -> Iterator[DoubtfulProcedure]:
    stolen = peers.stolen_keys(work.session, peer.node_id)
    for row in sops.everything(work.session) if stolen else ():
        kid = signer_of(row.peer_signature) if row.peer == peer.node_id and row.peer_signature else ""
        if kid in stolen and row.changed_at >= stolen[kid]:
            yield DoubtfulProcedure(
                peer=row.peer,
                name=row.name,
                version=row.version,
                digest=row.digest,
                state=row.state,
                changed_at=row.changed_at,
                kid=kid,
                invalid_from=stolen[kid],
            )


def _of(work: UnitOfWork, peer: PeerRow) -> Iterator[Doubtful]:
    stolen = peers.stolen_keys(work.session, peer.node_id)
    if not stolen:
        return
    since = (InboxRow.peer == peer.node_id, InboxRow.received_at >= min(stolen.values()))
    for row in work.session.scalars(select(InboxRow).where(*since).order_by(InboxRow.received_at, InboxRow.jti)):
        kid = said_in(row.manifest).attempt.kid
        if kid in stolen and row.received_at >= stolen[kid]:
            yield Doubtful(
                peer=row.peer,
                jti=row.jti,
                thread=row.thread,
                kind=row.kind,
                received_at=row.received_at,
                kid=kid,
                invalid_from=stolen[kid],
            )
