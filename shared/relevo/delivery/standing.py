"""How the post stands with each peer, on one page: what waits, since when, why, and what either side lacks.

Numbers, moments, codes and names of nodes; nothing about a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from relevo.delivery import epochs
from relevo.delivery.outbox import OutboxState
from relevo.delivery.retry import waits
from relevo.domain.access import Act
from relevo.storage import peers, shares, streams
from relevo.storage.tables import OutboxRow, PeerRow
from relevo.storage.tables_streams import ForgottenRow, StandRow
from relevo.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the streams with one peer stand.

    `in_flight` are queued messages that were tried and have no receipt; `missing_there` counts messages of ours in the
    gaps of the peer's last summary, `missing_here` the gaps in their stream; neither counts places that stay empty,
    because what stood there was held back. `forgotten` are messages of ours that the peer showed us after a restore.
    `brought_today` and `kept_bytes` are the peer's messages, by number and by size. `stopped` says that nothing goes to
    this peer, and `waits` a word for why what is queued waits.
    """

    peer: str
    state: str
    queued: int
    in_flight: int
    oldest_at: datetime | None
    last_receipt_at: datetime | None
    heard_at: datetime | None
    next_attempt_at: datetime | None
    waits: str | None
    epoch: int
    last_seq: int
    missing_there: int
    missing_here: int
    held: int
    refused: int
    forgotten: int
    stopped: bool
    statement_ends_at: datetime
    brought_today: int
    kept_bytes: int


def standings(work: UnitOfWork) -> list[Standing]:
    """How the post stands with every peer, by name.

    Raises:
        Forbidden: unless an administrator asks.
    """
    work.require(Act.REGISTER_PEER)
    return [_standing(work, row) for row in peers.everybody(work.session)]


def is_well(one: Standing) -> bool:
    """Whether nobody has to look at this peer: nothing stopped, missing or put off."""
    return not (one.stopped or one.waits or one.missing_here or one.missing_there)


def _standing(work: UnitOfWork, row: PeerRow) -> Standing:
    session, peer = work.session, row.node_id
    mine = OutboxRow.peer == peer
    grouped = session.execute(
        select(OutboxRow.state, func.count().label("number")).where(mine).group_by(OutboxRow.state)
    )
    counts = {row.state: row.number for row in grouped}
    queued = (mine, OutboxRow.state == OutboxState.QUEUED)
    tried, oldest = session.execute(select(func.count(OutboxRow.seq), func.min(OutboxRow.made_at)).where(*queued)).one()
    stand, stopped = session.get(StandRow, peer), epochs.is_stopped(session, peer)
    put_off = waits(row.next_attempt_at, work.at)
    return Standing(
        peer=peer,
        state=row.state,
        queued=counts.get(OutboxState.QUEUED, 0),
        in_flight=tried,
        oldest_at=oldest,
        last_receipt_at=session.scalar(select(func.max(OutboxRow.receipted_at)).where(mine)),
        heard_at=stand.heard_at if stand else None,
        next_attempt_at=row.next_attempt_at if put_off else None,
        waits="sending-stopped" if stopped else row.last_problem if put_off else None,
        epoch=row.epoch,
        last_seq=row.last_seq,
        missing_there=stand.missing if stand else 0,
        missing_here=streams.coming(streams.received(session, peer), stand),
        held=counts.get(OutboxState.HELD, 0),
        refused=counts.get(OutboxState.REFUSED, 0),
        forgotten=session.scalar(select(func.count()).where(ForgottenRow.peer == peer)) or 0,
        stopped=stopped,
        statement_ends_at=peers.latest(session, peer).exp,
        brought_today=shares.brought_today(row, work.at),
        kept_bytes=row.kept_bytes,
    )
