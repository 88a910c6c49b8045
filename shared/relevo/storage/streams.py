"""How far the stream of messages from a peer to this node has come, and what is missing in it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from relevo.storage.tables import InboxRow

MAX_GAPS = 100


@dataclass(frozen=True, kw_only=True)
class Stand:
    """The highest seq that was received in an epoch, and the ranges below it that were not."""

    epoch: int
    high_water: int
    gaps: tuple[tuple[int, int], ...]


def received(session: Session, peer: str, epoch: int = 1) -> Stand:
    """Where the stream from `peer` stands."""
    of_stream = (InboxRow.peer == peer, InboxRow.epoch == epoch)
    high_water, count = session.execute(
        select(func.coalesce(func.max(InboxRow.seq), 0), func.count()).where(*of_stream)
    ).one()
    if high_water == count:
        return Stand(epoch=epoch, high_water=high_water, gaps=())
    seqs = session.scalars(select(InboxRow.seq).where(*of_stream).order_by(InboxRow.seq))
    return Stand(epoch=epoch, high_water=high_water, gaps=_gaps(list(seqs)))


def _gaps(seqs: list[int]) -> tuple[tuple[int, int], ...]:
    pairs = zip([0, *seqs], seqs, strict=False)
    return tuple((before + 1, after - 1) for before, after in pairs if after > before + 1)[:MAX_GAPS]
