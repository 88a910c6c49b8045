"""Older heads for evidence where a key was stolen: what lies under a head that a witness saw before, stands.

For each moment from which a signing key of either node is invalid, the newest head that a peer had cosigned by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from relevo.protocol import merkle
from relevo.protocol.evidence_log import EvidenceHead
from relevo.protocol.verification_keys import compromised_keys
from relevo.protocol.verification_nodes import read_chain
from relevo.storage import log, peers, witness
from relevo.storage.tables import CheckpointRow
from relevo.storage.tables_witness import CosignatureRow
from relevo.storage.unit_of_work import UnitOfWork


def older_heads(work: UnitOfWork, others: Sequence[str], newest: CheckpointRow) -> Iterator[EvidenceHead]:
    """The heads below `newest` that prove something older than the theft of a key of ours or of these peers."""
    chains = [read_chain(node, tuple(peers.statements(work.session, node))) for node in _nodes(work, others)]
    moments = sorted(set(compromised_keys(chains).values()))
    found = {row.size: row for at in moments if (row := _seen_before(work, others, newest, at)) is not None}
    for size, row in found.items():
        proof = merkle.consistency_proof(size, newest.size, log.subtrees(work.session))
        yield EvidenceHead(checkpoint=witness.cosigned(work.session, row), proof=tuple(proof))


def _nodes(work: UnitOfWork, others: Sequence[str]) -> tuple[str, ...]:
    return work.identity.node_id, *others


def _seen_before(work: UnitOfWork, others: Sequence[str], newest: CheckpointRow, at: datetime) -> CheckpointRow | None:
    seen = select(CosignatureRow.size).where(CosignatureRow.peer.in_(others), CosignatureRow.cosigned_at < at)
    older = select(CheckpointRow).where(CheckpointRow.size < newest.size, CheckpointRow.size.in_(seen))
    return work.session.scalar(older.order_by(CheckpointRow.size.desc()).limit(1))
