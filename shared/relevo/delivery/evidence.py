"""Gathering the evidence of one referral from what a node keeps; `relevo.protocol.verification` checks it anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.delivery import file_traces
from relevo.delivery.evidence_older import older_heads
from relevo.domain.access import Act
from relevo.errors import Conflict
from relevo.protocol import merkle
from relevo.protocol.evidence import Direction, Evidence, EvidenceMessage, EvidenceSop, write_evidence
from relevo.protocol.evidence_log import EvidenceEntry
from relevo.protocol.manifest import said_in
from relevo.protocol.record import read_record
from relevo.storage import access_log, log, peers, referrals, streams, witness
from relevo.storage.tables import (
    CheckpointRow,
    InboxRow,
    LogEntryRow,
    ManifestRow,
    OutboxRow,
    PeerRow,
    ReferralRow,
    SopRow,
)
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
    if log.waits(work.session, (thread, row.sop)):
        raise LogBehind
    logged = list(_logged(work.session, row))
    checkpoint = checkpoint_over(work.session, logged)
    nodes = (work.identity.node_id, row.peer)
    return write_evidence(
        Evidence(
            node=work.identity.node_id,
            peer=row.peer,
            thread=thread,
            made_at=work.at,
            statements={node: tuple(peers.statements(work.session, node)) for node in nodes},
            sops=(sop_shown(work, row.sop, row.peer),),
            messages=tuple(_messages(work.session, row)),
            older=tuple(older_heads(work, [row.peer], checkpoint)),
            files=tuple(shown for _, shown in file_traces.shown(work.session, row.peer, row.thread)),
            checkpoint=witness.cosigned(work.session, checkpoint),
            entries=tuple(_proven(work.session, logged, checkpoint.size)),
        )
    )


def sop_shown(work: UnitOfWork, digest: str, peer: str) -> EvidenceSop:
    """A procedure as evidence shows it, with the signatures that there are."""
    sop = work.session.get_one(SopRow, digest)
    signatures = {work.identity.node_id: sop.own_signature, peer: sop.peer_signature}
    return EvidenceSop(text=sop.text, signatures={node: token for node, token in signatures.items() if token})


def sent(session: Session, peer: str, thread: str) -> Iterator[tuple[OutboxRow, EvidenceMessage]]:
    """Every message that ever left, also one that was held back after an attempt, or waits to be sealed anew.

    After a restore it may have had a place in several epochs; then an attempt at each is shown, and first the one that
    the receipt answers.
    """
    mine = (OutboxRow.peer == peer, OutboxRow.thread == thread)
    for row in session.scalars(select(OutboxRow).where(*mine).order_by(OutboxRow.epoch, OutboxRow.seq)):
        attempts = _attempts(session, row)
        for manifest in attempts:
            receipt = row.receipt if manifest is attempts[0] else None
            yield (
                row,
                EvidenceMessage(direction=Direction.SENT, manifest=manifest, content=row.content, receipt=receipt),
            )


def _attempts(session: Session, row: OutboxRow) -> list[str]:
    """The manifest that the receipt answers, or else the newest; then the newest at each other place of the message."""
    made = select(ManifestRow.token).where(ManifestRow.jti == row.jti).order_by(ManifestRow.made_at)
    if row.manifest is not None and session.get_one(PeerRow, row.peer).epoch == 1:
        return [row.manifest]
    tokens = list(session.scalars(made))
    shown = row.manifest or (tokens[-1] if tokens else None)
    by_place = {_place_of(token): token for token in tokens}
    return [] if shown is None else [shown, *(by_place[place] for place in by_place if place != _place_of(shown))]


def forgotten(session: Session, peer: str, thread: str) -> Iterator[EvidenceMessage]:
    """Every message that left before a restore and came back as proof; its content is gone here."""
    for row in streams.forgotten(session):
        if (row.peer, row.thread) == (peer, thread):
            yield EvidenceMessage(direction=Direction.SENT, manifest=row.manifest, content="", receipt=row.receipt)


def received(session: Session, peer: str, thread: str) -> Iterator[tuple[InboxRow, EvidenceMessage]]:
    """Every message that arrived; the content is empty where none could be read."""
    theirs = (InboxRow.peer == peer, InboxRow.thread == thread)
    for row in session.scalars(select(InboxRow).where(*theirs).order_by(InboxRow.epoch, InboxRow.seq)):
        shown = EvidenceMessage(
            direction=Direction.RECEIVED, manifest=row.manifest, content=row.content or "", receipt=row.receipt
        )
        yield row, shown


def _messages(session: Session, row: ReferralRow) -> Iterator[EvidenceMessage]:
    left = [shown for _, shown in sent(session, row.peer, row.thread)]
    yield from sorted([*left, *forgotten(session, row.peer, row.thread)], key=lambda one: _place_of(one.manifest))
    yield from (shown for _, shown in received(session, row.peer, row.thread))


def _place_of(manifest: str) -> tuple[int, int]:
    """Where the attempt that is shown had its place, which after a restore may be another than the message has now."""
    attempt = said_in(manifest).attempt
    return attempt.epoch, attempt.seq


def _logged(session: Session, row: ReferralRow) -> Iterator[LogEntryRow]:
    for subject in (row.thread, row.sop, access_log.entries_of(row.thread)):
        for entry in log.entries_of(session, subject):
            if not entry.salt:
                continue  # a look at somebody who was erased since; its salt went with them
            if read_record(entry.record).fields.get("peer", row.peer) != row.peer:
                continue  # another peer named this thread in a message of its own
            yield entry


def checkpoint_over(session: Session, logged: Iterable[LogEntryRow]) -> CheckpointRow:
    """The newest head over all of it that a witness has seen, or else the newest of all.

    Raises:
        LogBehind: if none that may be shown covers all of it yet.
    """
    least = max((entry.position + 1 for entry in logged if entry.position is not None), default=0)
    found = witness.newest_cosigned(session, least=least) or log.latest_checkpoint(session)
    if found is None or found.size < least:
        raise LogBehind
    return found


def _proven(session: Session, logged: Iterable[LogEntryRow], size: int) -> Iterator[EvidenceEntry]:
    subtree = log.subtrees(session)
    for entry in logged:
        position = entry.position or 0
        proof = tuple(merkle.inclusion_proof(position, size, subtree))
        yield EvidenceEntry(record=entry.record, salt=entry.salt, index=position, proof=proof)
