"""What this node tells a peer of how far its stream has come, with every answer."""

from __future__ import annotations

from relevo.protocol.summary import Summary, sign_summary
from relevo.storage.streams import Stand
from relevo.storage.unit_of_work import UnitOfWork


def signed_summary(work: UnitOfWork, peer: str, stand: Stand) -> str:
    """How far the stream from `peer` has come here, signed."""
    identity = work.identity
    summary = Summary(
        iss=identity.node_id, aud=peer, epoch=stand.epoch, high_water=stand.high_water, gaps=stand.gaps, iat=work.at
    )
    return sign_summary(summary, identity.keys.signing)
