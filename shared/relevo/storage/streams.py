"""How far the streams of messages between this node and a peer have come, and what is missing in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from relevo.protocol.stream_list import Direction
from relevo.protocol.summary import MAX_GAPS
from relevo.storage.tables import InboxRow, OutboxRow
from relevo.storage.tables_streams import ForgottenRow, FormerReceiptRow, StandRow


@dataclass(frozen=True, kw_only=True)
class Stand:
    """The highest seq that was received in an epoch, and the ranges below it that were not, the lowest `MAX_GAPS`."""

    epoch: int
    high_water: int
    gaps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One place of a stream as a node has it: its manifest, and its receipt if there is one, as tokens."""

    seq: int
    jti: str
    manifest: str
    receipt: str | None


def current_epoch(session: Session, peer: str) -> int:
    """The epoch in which the stream from `peer` is now."""
    return session.scalar(select(func.max(InboxRow.epoch)).where(InboxRow.peer == peer)) or 1


def received(session: Session, peer: str, epoch: int | None = None) -> Stand:
    """Where the stream from `peer` stands, in its newest epoch unless another is named."""
    epoch = current_epoch(session, peer) if epoch is None else epoch
    of_stream = (InboxRow.peer == peer, InboxRow.epoch == epoch)
    high_water, count = session.execute(
        select(func.coalesce(func.max(InboxRow.seq), 0), func.count()).where(*of_stream)
    ).one()
    if high_water == count:
        return Stand(epoch=epoch, high_water=high_water, gaps=())
    seqs = session.scalars(select(InboxRow.seq).where(*of_stream).order_by(InboxRow.seq))
    return Stand(epoch=epoch, high_water=high_water, gaps=_gaps(list(seqs)))


def missing(gaps: tuple[tuple[int, int], ...]) -> int:
    """How many places lie in these gaps."""
    return sum(end - begin + 1 for begin, end in gaps)


def stand_of(session: Session, peer: str) -> StandRow:
    """What `peer` last said about our stream to it; made when it is first asked for."""
    row = session.get(StandRow, peer)
    if row is None:
        row = StandRow(peer=peer, missing=0)
        session.add(row)
    return row


def places(session: Session, peer: str, of: Direction, epoch: int, begin: int, end: int, limit: int) -> list[Sent]:
    """Up to `limit` places of one of the two streams with `peer`, in order."""
    table = InboxRow if of is Direction.RECEIVED else OutboxRow
    mine = (table.peer == peer, table.epoch == epoch, table.seq.between(begin, end), table.manifest.is_not(None))
    found = select(table.seq, table.jti, table.manifest, table.receipt).where(*mine).order_by(table.seq).limit(limit)
    return [
        Sent(seq=seq, jti=jti, manifest=manifest, receipt=receipt)
        for seq, jti, manifest, receipt in session.execute(found)
        if seq is not None and manifest is not None
    ]


def first_open(session: Session, peer: str, epoch: int) -> int:
    """The first place of our stream to `peer` in an epoch that holds no message whose way has ended."""
    ended = or_(OutboxRow.receipt.is_not(None), OutboxRow.state == "held")
    mine = (OutboxRow.peer == peer, OutboxRow.epoch == epoch, ended)
    seqs = list(session.scalars(select(OutboxRow.seq).where(*mine).order_by(OutboxRow.seq)))
    return next((place for place, seq in enumerate(seqs, start=1) if seq != place), len(seqs) + 1)


def above(epoch: int, high_water: int) -> ColumnElement[bool]:
    """The condition that a message of the outbox lies above the high water, or in a later epoch."""
    return or_(OutboxRow.epoch > epoch, and_(OutboxRow.epoch == epoch, OutboxRow.seq > high_water))


def beyond(epoch: int, high_water: int, gaps: tuple[tuple[int, int], ...]) -> ColumnElement[bool]:
    """The condition that a message of the outbox lies in a gap, above the high water, or in a later epoch."""
    missing = [and_(OutboxRow.epoch == epoch, OutboxRow.seq.between(begin, end)) for begin, end in gaps]
    return or_(above(epoch, high_water), *missing)


def forgotten(session: Session) -> list[ForgottenRow]:
    """Messages of ours that peers showed us after a restore, oldest first."""
    return list(session.scalars(select(ForgottenRow).order_by(ForgottenRow.peer, ForgottenRow.jti)))


def receipted_before(session: Session, jtis: Collection[str]) -> frozenset[str]:
    """Those of these messages that the peer had receipted before they were offered again."""
    return frozenset(session.scalars(select(FormerReceiptRow.jti).where(FormerReceiptRow.jti.in_(jtis))))


def _gaps(seqs: list[int]) -> tuple[tuple[int, int], ...]:
    pairs = zip([0, *seqs], seqs, strict=False)
    return tuple((before + 1, after - 1) for before, after in pairs if after > before + 1)[:MAX_GAPS]
