"""Gathering the evidence of one referral from what a node keeps; `relevo.protocol.verification` checks it anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.domain.access import Act
from relevo.errors import Conflict
from relevo.protocol import merkle
from relevo.protocol.evidence import Direction, Evidence, EvidenceEntry, EvidenceMessage, EvidenceSop, write_evidence
from relevo.protocol.record import read_record
from relevo.storage import access_log, log, peers, referrals
from relevo.storage.tables import InboxRow, ManifestRow, OutboxRow, ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork


class LogBehind(Conflict):
    """What is to be shown has no place in the log yet."""

    code = "log-behind"
    advice = "Wait a moment until the log has a checkpoint over it, then export again."


def export(work: UnitOfWork, thread: str) -> bytes:
    """The evidence file of a referral.

    Raises:
        LogBehind: if a message or receipt of it has no place in the log yet.
    """
    work.require(Act.EXPORT_EVIDENCE)
    row = referrals.by_thread(work.session, thread)
    checkpoint = log.latest_checkpoint(work.session)
    if checkpoint is None or log.waits(work.session, (thread, row.sop)):
        raise LogBehind
    nodes = (work.identity.node_id, row.peer)
    return write_evidence(
        Evidence(
            node=work.identity.node_id,
            peer=row.peer,
            thread=thread,
            made_at=work.at,
            statements={node: tuple(peers.statements(work.session, node)) for node in nodes},
            sops=(_sop(work, row),),
            messages=(*_sent(work.session, row), *_received(work.session, row)),
            checkpoint=checkpoint.note,
            entries=tuple(_entries(work, row, checkpoint.size)),
        )
    )


def _sop(work: UnitOfWork, row: ReferralRow) -> EvidenceSop:
    sop = work.session.get_one(SopRow, row.sop)
    signatures = {work.identity.node_id: sop.own_signature, row.peer: sop.peer_signature}
    return EvidenceSop(text=sop.text, signatures={node: token for node, token in signatures.items() if token})


def _sent(session: Session, row: ReferralRow) -> Iterator[EvidenceMessage]:
    """Every message that ever left, also one that was held back after an attempt, or waits to be sealed anew."""
    mine = (OutboxRow.peer == row.peer, OutboxRow.thread == row.thread, OutboxRow.seq.is_not(None))
    for sent in session.scalars(select(OutboxRow).where(*mine).order_by(OutboxRow.epoch, OutboxRow.seq)):
        manifest = sent.manifest or _last_attempt(session, sent)
        if manifest is not None:
            yield EvidenceMessage(
                direction=Direction.SENT, manifest=manifest, content=sent.content, receipt=sent.receipt
            )


def _last_attempt(session: Session, sent: OutboxRow) -> str | None:
    attempts = select(ManifestRow.token).where(ManifestRow.jti == sent.jti).order_by(ManifestRow.made_at.desc())
    return session.scalar(attempts.limit(1))


def _received(session: Session, row: ReferralRow) -> Iterator[EvidenceMessage]:
    theirs = (InboxRow.peer == row.peer, InboxRow.thread == row.thread)
    for came in session.scalars(select(InboxRow).where(*theirs).order_by(InboxRow.epoch, InboxRow.seq)):
        if came.content is not None:
            yield EvidenceMessage(
                direction=Direction.RECEIVED, manifest=came.manifest, content=came.content, receipt=came.receipt
            )


def _entries(work: UnitOfWork, row: ReferralRow, size: int) -> Iterator[EvidenceEntry]:
    subtree = log.subtrees(work.session)
    for subject in (row.thread, row.sop, access_log.entries_of(row.thread)):
        for entry in log.entries_of(work.session, subject):
            if not entry.salt:
                continue  # a look at somebody who was erased since; its salt went with them
            if read_record(entry.record).fields.get("peer", row.peer) != row.peer:
                continue  # another peer named this thread in a message of its own
            position = entry.position or 0
            proof = tuple(merkle.inclusion_proof(position, size, subtree))
            yield EvidenceEntry(record=entry.record, salt=entry.salt, index=position, proof=proof)
