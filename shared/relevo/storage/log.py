"""The node's log: entries written by the transactions that they tell of, numbered afterwards.

An entry gets its place from the sequencer (`relevo.delivery.sequencer`); until then its position is empty. Complete
subtrees are kept as rows, so that a root or a proof reads about log2(size) of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from relevo.protocol import merkle
from relevo.protocol.record import entry_of, make_record, new_salt
from relevo.storage.appending import append
from relevo.storage.tables import CheckpointRow, LogEntryRow, LogHashRow

NOTHING_YET: Mapping[tuple[int, int], bytes] = MappingProxyType({})


def record(session: Session, kind: str, at: datetime, *, subject: str | None = None, **fields: str | None) -> None:
    """Write the record of an event into the log, in the transaction of the event.

    `subject` (a thread, mostly) only finds the entry again; it is no part of what is hashed.
    """
    written, salt = make_record(kind, at, **fields), new_salt()
    append(session, LogEntryRow, record=written, salt=salt, entry=entry_of(written, salt), subject=subject)


def size(session: Session) -> int:
    """How many entries have a place."""
    last = session.scalar(select(func.max(LogEntryRow.position)))
    return 0 if last is None else last + 1


def unnumbered(session: Session, limit: int) -> list[LogEntryRow]:
    """Entries without a place yet, oldest first."""
    waiting = select(LogEntryRow).where(LogEntryRow.position.is_(None)).order_by(LogEntryRow.id).limit(limit)
    return list(session.scalars(waiting))


def place(session: Session, rows: Sequence[LogEntryRow], begin: int) -> merkle.Subtree:
    """Give entries their places from `begin` on, and keep the hash of every subtree that they complete.

    Returns:
        The subtrees of the log as it is then.
    """
    finished: dict[tuple[int, int], bytes] = {}
    every = subtrees(session, finished)
    for position, row in enumerate(rows, start=begin):
        row.position = position
        for level, index, value in merkle.append(position, merkle.leaf_hash(row.entry), every):
            finished[level, index] = value
    if finished:
        kept = [{"level": level, "position": index, "hash": value} for (level, index), value in finished.items()]
        session.execute(insert(LogHashRow), kept)
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
