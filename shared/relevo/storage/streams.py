"""How far the streams of messages between this node and a peer have come, and what is missing in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from relevo.protocol.stream_list import Direction
from relevo.protocol.summary import MAX_GAPS
from relevo.storage.appending import alter, append, ask
from relevo.storage.tables import InboxRow, OutboxRow
from relevo.storage.tables_streams import ForgottenRow, StandRow, WholeRow

_SAID = select(StandRow.epoch).where(StandRow.peer == bindparam("of"))
_NOTE_SAID = (
    update(StandRow)
    .where(StandRow.peer == bindparam("of"))
    .values({name: bindparam(name) for name in ("epoch", "high_water", "missing", "heard_at")})
)
Gaps: TypeAlias = tuple[tuple[int, int], ...]
"""Ranges of places, both ends included, in order."""


class Noted(NamedTuple):
    """What is noted of the stream from a peer: everything up to `seq` has come, and nothing above `high`."""

    epoch: int
    seq: int
    high: int


@dataclass(frozen=True, kw_only=True)
class Stand:
    """The highest seq that was received in an epoch, and all ranges below it that were not."""

    epoch: int
    high_water: int = 0
    missing: Gaps = ()

    @property
    def gaps(self) -> Gaps:
        """The lowest `MAX_GAPS` of the ranges: as many as one summary tells."""
        return self.missing[:MAX_GAPS]

    @property
    def whole(self) -> int:
        """Up to which place everything has come."""
        return self.missing[0][0] - 1 if self.missing else self.high_water

    def holds(self, epoch: int, seq: int) -> bool:
        """Whether a place of this epoch was received."""
        is_missing = any(begin <= seq <= end for begin, end in self.missing)
        return epoch == self.epoch and seq <= self.high_water and not is_missing

    def with_place(self, epoch: int, seq: int) -> Stand:
        """The stand once a message has taken this place, in this epoch or the one that it opens."""
        if epoch != self.epoch:
            return Stand(epoch=epoch).with_place(epoch, seq)
        if seq > self.high_water:
            skipped = ((self.high_water + 1, seq - 1),) if seq > self.high_water + 1 else ()
            return replace(self, high_water=seq, missing=(*self.missing, *skipped))
        return replace(self, missing=tuple(left for gap in self.missing for left in _without(gap, seq)))


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One place of a stream as a node has it: its manifest, and its receipt if there is one, as tokens.

    `state` is that of the outbox; None in a stream that was received.
    """

    seq: int
    jti: str
    manifest: str
    receipt: str | None
    state: str | None = None


def current_epoch(session: Session, peer: str) -> int:
    """The epoch in which the stream from `peer` is now."""
    return received(session, peer).epoch


def received(session: Session, peer: str, epoch: int | None = None) -> Stand:
    """Where the stream from `peer` stands, in its newest epoch unless another is named."""
    noted = ask(session, _NOTED, {"peer": peer, "epoch": epoch}).first()
    return stand(session, peer, Noted(*noted)) if noted else Stand(epoch=epoch or 1)


def stand(session: Session, peer: str, noted: Noted | None) -> Stand:
    """Where the stream from `peer` stands by what is noted of it; nothing is before its first message."""
    if noted is None:
        return Stand(epoch=1)
    if noted.seq == noted.high:
        return Stand(epoch=noted.epoch, high_water=noted.high)
    behind = ask(session, _BEHIND, {"peer": peer, "epoch": noted.epoch, "seq": noted.seq}).scalars().all()
    pairs = zip((noted.seq, *behind), behind, strict=False)
    missing = tuple((before + 1, after - 1) for before, after in pairs if after > before + 1)
    return Stand(epoch=noted.epoch, high_water=noted.high, missing=missing)


def note(session: Session, peer: str, before: Stand, after: Stand) -> None:
    """Note how far the stream from `peer` has come, so that nobody counts it from its beginning again."""
    if before == after:
        return
    stand = {"seq": after.whole, "high": after.high_water}
    if after.epoch > before.epoch or before.high_water == 0:
        append(session, WholeRow, peer=peer, epoch=after.epoch, **stand)
    else:
        alter(session, _FURTHER, of_peer=peer, of_epoch=after.epoch, **stand)


def missing(gaps: Gaps) -> int:
    """How many places lie in these gaps."""
    return sum(end - begin + 1 for begin, end in gaps)


def stand_of(session: Session, peer: str) -> StandRow:
    """What `peer` last said about our stream to it; made when it is first asked for."""
    row = session.get(StandRow, peer)
    if row is None:
        row = StandRow(peer=peer, missing=0)
        session.add(row)
    return row


def note_said(
    session: Session, peer: str, epoch: int, high_water: int, *, missing: int, at: datetime, is_first: bool
) -> None:
    """Note what `peer` says of our stream to it, maybe as the first of it, and how many messages of ours it lacks."""
    said = {"epoch": epoch, "high_water": high_water, "missing": missing, "heard_at": at}
    if is_first:
        append(session, StandRow, peer=peer, **said)
    else:
        alter(session, _NOTE_SAID, of=peer, **said)


def said_epoch(session: Session, peer: str) -> int:
    """The epoch in which `peer` last said that our stream to it is."""
    return ask(session, _SAID, {"of": peer}).scalar() or 1


def coming(stand: Stand, row: StandRow | None) -> int:
    """How many places in the gaps of a stream are not known to stay empty."""
    known = row.empty if row is not None and row.empty is not None and row.empty["epoch"] == stand.epoch else None
    empty = {seq for begin, end in known["places"] for seq in range(begin, end + 1)} if known else set[int]()
    return missing(stand.gaps) - sum(1 for seq in empty if any(begin <= seq <= end for begin, end in stand.gaps))


def places(
    session: Session,
    peer: str,
    of: Direction,
    epoch: int,
    begin: int,
    end: int,
    limit: int,
    *,
    but: Collection[str] = (),
) -> list[Sent]:
    """Up to `limit` places of one of the two streams with `peer`, in order; none of messages in the states `but`."""
    table = InboxRow if of is Direction.RECEIVED else OutboxRow
    state = literal(None) if of is Direction.RECEIVED else OutboxRow.state
    mine = (table.peer == peer, table.epoch == epoch, table.seq.between(begin, end), table.manifest.is_not(None))
    wanted = () if of is Direction.RECEIVED else (OutboxRow.state.not_in(but),)
    found = select(table.seq, table.jti, table.manifest, table.receipt, state).where(*mine, *wanted)
    return [
        Sent(seq=seq, jti=jti, manifest=manifest, receipt=receipt, state=state)
        for seq, jti, manifest, receipt, state in session.execute(found.order_by(table.seq).limit(limit))
        if seq is not None and manifest is not None
    ]


def in_gaps(session: Session, peer: str, epoch: int, gaps: Gaps, *, but: str) -> int:
    """How many messages of ours have their places in these gaps, but for those in the state `but`."""
    inside = or_(false(), *(OutboxRow.seq.between(begin, end) for begin, end in gaps))
    mine = (OutboxRow.peer == peer, OutboxRow.epoch == epoch, OutboxRow.state != but)
    return session.scalar(select(func.count()).where(*mine, inside)) or 0


def first_open(session: Session, peer: str, epoch: int) -> int:
    """The first place of our stream to `peer` in an epoch that holds no message whose way has ended."""
    ended = or_(OutboxRow.receipt.is_not(None), OutboxRow.state == "held")
    mine = (OutboxRow.peer == peer, OutboxRow.epoch == epoch, ended)
    seqs = list(session.scalars(select(OutboxRow.seq).where(*mine).order_by(OutboxRow.seq)))
    return next((place for place, seq in enumerate(seqs, start=1) if seq != place), len(seqs) + 1)


def above(epoch: int | ColumnElement[int], high_water: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a message of the outbox lies above the high water, or in a later epoch."""
    return tuple_(OutboxRow.epoch, OutboxRow.seq) > tuple_(epoch, high_water)


def beyond(epoch: int, high_water: int, gaps: Gaps) -> ColumnElement[bool]:
    """The condition that a message of the outbox lies in a gap, above the high water, or in a later epoch."""
    within = (and_(OutboxRow.epoch == epoch, OutboxRow.seq.between(begin, end)) for begin, end in gaps)
    return or_(above(epoch, high_water), *within)


def forgotten(session: Session) -> list[ForgottenRow]:
    """Messages of ours that peers showed us after a restore, oldest first."""
    return list(session.scalars(select(ForgottenRow).order_by(ForgottenRow.peer, ForgottenRow.jti)))


def _without(gap: tuple[int, int], seq: int) -> Gaps:
    """What is left of a range without one place."""
    begin, end = gap
    halves = ((begin, min(end, seq - 1)), (max(begin, seq + 1), end))
    return tuple((first, last) for first, last in halves if first <= last) if begin <= seq <= end else (gap,)


_NOTED = (
    select(WholeRow.epoch, WholeRow.seq, WholeRow.high)
    .where(WholeRow.peer == bindparam("peer"))
    .where(WholeRow.epoch == func.coalesce(bindparam("epoch", type_=Integer), WholeRow.epoch))
    .order_by(WholeRow.epoch.desc())
    .limit(1)
)
_BEHIND = (
    select(InboxRow.seq)
    .where(InboxRow.peer == bindparam("peer"), InboxRow.epoch == bindparam("epoch"), InboxRow.seq > bindparam("seq"))
    .order_by(InboxRow.seq)
)
_FURTHER = (
    update(WholeRow)
    .where(WholeRow.peer == bindparam("of_peer"), WholeRow.epoch == bindparam("of_epoch"))
    .values(seq=bindparam("seq"), high=bindparam("high"))
)
