"""The node's log: entries written by the transactions that they tell of, numbered afterwards.

An entry gets its place from the sequencer (`relevo.delivery.sequencer`); until then its position is empty. Complete
subtrees are kept as rows, so that a root or a proof reads about log2(size) of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from sqlalchemy import Integer, bindparam, func, literal_column, select, update
from sqlalchemy.orm import Session

from relevo.protocol import merkle
from relevo.protocol.record import entry_of, make_record, new_salt
from relevo.storage.appending import append, ask
from relevo.storage.tables import CheckpointRow, LogEntryRow, LogHashRow

NOTHING_YET: Mapping[tuple[int, int], bytes] = MappingProxyType({})
Waiting: TypeAlias = tuple[int, bytes]
"""The id of an entry that has no place yet, and the entry."""

_NO_PLACE = LogEntryRow.position.is_(None)
_MOST_LEVELS = 31
_STAND = select(
    select(func.max(LogEntryRow.position)).scalar_subquery(),
    select(func.max(CheckpointRow.size)).scalar_subquery(),
    select(LogEntryRow.id).where(_NO_PLACE).limit(1).scalar_subquery(),
)
_UNNUMBERED = (
    select(LogEntryRow.id, LogEntryRow.entry).where(_NO_PLACE).order_by(LogEntryRow.id).limit(bindparam("most"))
)
_NUMBER = func.row_number().over(order_by=LogEntryRow.id) + bindparam("before", type_=Integer)
_NUMBERED = (
    select(LogEntryRow.id, _NUMBER.label("place")).where(_NO_PLACE, LogEntryRow.id <= bindparam("last")).subquery()
)
_PLACE = update(LogEntryRow).where(LogEntryRow.id == _NUMBERED.c.id).values(position=_NUMBERED.c.place)
_FIRST = select(literal_column("0", Integer).label("level")).cte("levels", recursive=True)
_LEVELS = _FIRST.union_all(select(_FIRST.c.level + 1).where(_FIRST.c.level < _MOST_LEVELS))
_LEVEL = _LEVELS.c.level
_LAST = select(LogHashRow.level, LogHashRow.position, LogHashRow.hash).where(
    LogHashRow.level == _LEVEL,
    LogHashRow.position == bindparam("size", type_=Integer).bitwise_rshift(_LEVEL) - 1,
)
"""The last complete subtree of each level: all that is needed of a log to add to it."""


@dataclass(frozen=True, kw_only=True)
class Stand:
    """How many entries have a place, how many the newest checkpoint is over, and whether others wait for theirs."""

    size: int
    signed: int
    waits: bool


def record(session: Session, kind: str, at: datetime, *, subject: str | None = None, **fields: str | None) -> None:
    """Write the record of an event into the log, in the transaction of the event.

    `subject` (a thread, mostly) only finds the entry again; it is no part of what is hashed.
    """
    written, salt = make_record(kind, at, **fields), new_salt()
    append(session, LogEntryRow, record=written, salt=salt, entry=entry_of(written, salt), subject=subject)


def size(session: Session) -> int:
    """How many entries have a place."""
    return stand(session).size


def stand(session: Session) -> Stand:
    """How far the log has come."""
    highest, signed, waiting = ask(session, _STAND).one()
    return Stand(size=0 if highest is None else highest + 1, signed=signed or 0, waits=waiting is not None)


def unnumbered(session: Session, limit: int) -> list[Waiting]:
    """Entries without a place yet, oldest first."""
    return [(number, entry) for number, entry in ask(session, _UNNUMBERED, {"most": limit})]


def place(session: Session, entries: Sequence[Waiting], begin: int) -> merkle.Subtree:
    """Give the oldest `entries` their places from `begin` on, and keep the hash of every subtree that they complete.

    Returns:
        The subtrees of the log as it is then.
    """
    known = {(level, position): value for level, position, value in ask(session, _LAST, {"size": begin})}
    every = subtrees(session, known)
    for position, (_, entry) in enumerate(entries, start=begin):
        for level, index, value in merkle.append(position, merkle.leaf_hash(entry), every):
            known[level, index] = value
            append(session, LogHashRow, level=level, position=index, hash=value)
    if entries:
        ask(session, _PLACE, {"last": entries[-1][0], "before": begin - 1})
    return every


def subtrees(session: Session, finished: Mapping[tuple[int, int], bytes] = NOTHING_YET) -> merkle.Subtree:
    """Reads the hash of a complete subtree by (level, position); of those `finished` just now nothing is asked."""

    @cache
    def stored(level: int, position: int) -> bytes:
        found = session.scalar(select(LogHashRow.hash).filter_by(level=level, position=position))
        if found is None:
            raise LookupError(f"the log lacks the hash of subtree {level}/{position}")
        return found

    return lambda level, position: finished.get((level, position)) or stored(level, position)


def entries_of(session: Session, subject: str) -> list[LogEntryRow]:
    """The entries that have a place and are about `subject`, in the order of the log."""
    found = select(LogEntryRow).where(LogEntryRow.subject == subject, LogEntryRow.position.is_not(None))
    return list(session.scalars(found.order_by(LogEntryRow.position)))


def latest_checkpoint(session: Session) -> CheckpointRow | None:
    """The newest signed checkpoint that may be shown to anybody."""
    shown = select(CheckpointRow).where(CheckpointRow.shown_at.is_not(None))
    return session.scalar(shown.order_by(CheckpointRow.size.desc()).limit(1))


def newest_signed(session: Session) -> CheckpointRow | None:
    """The newest signed checkpoint, whether it may be shown already or not."""
    return session.scalar(select(CheckpointRow).order_by(CheckpointRow.size.desc()).limit(1))


def hidden_since(session: Session) -> datetime | None:
    """When the first checkpoint that may not be shown yet was signed."""
    return session.scalar(select(func.min(CheckpointRow.signed_at)).where(CheckpointRow.shown_at.is_(None)))


def show(session: Session, size: int, at: datetime) -> None:
    """Let the checkpoint over `size` entries be shown from `at` on; those before it, which it continues, as well."""
    waiting = update(CheckpointRow).where(CheckpointRow.size <= size, CheckpointRow.shown_at.is_(None))
    session.execute(waiting.values(shown_at=at))


def waits(session: Session, subjects: Collection[str]) -> bool:
    """Whether an entry about one of `subjects` has no place yet."""
    waiting = select(LogEntryRow.id).where(LogEntryRow.position.is_(None), LogEntryRow.subject.in_(subjects))
    return session.scalar(waiting.limit(1)) is not None
