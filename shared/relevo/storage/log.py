"""The node's log: entries written by the transactions that they tell of, numbered afterwards.

An entry gets its place from the sequencer (`relevo.delivery.sequencer`); until then its position is empty. Complete
subtrees are kept as rows, so that a root or a proof reads about log2(size) of them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from relevo.protocol import merkle
from relevo.protocol.record import entry_of, make_record, new_salt
from relevo.storage.tables import CheckpointRow, LogEntryRow, LogHashRow


def record(session: Session, kind: str, at: datetime, *, subject: str | None = None, **fields: str | None) -> None:
    """Write the record of an event into the log, in the transaction of the event.

    `subject` (a thread, mostly) only finds the entry again; it is no part of what is hashed.
    """
    written, salt = make_record(kind, at, **fields), new_salt()
    session.add(LogEntryRow(record=written, salt=salt, entry=entry_of(written, salt), subject=subject))


def size(session: Session) -> int:
    """How many entries have a place."""
    last = session.scalar(select(func.max(LogEntryRow.position)))
    return 0 if last is None else last + 1


def unnumbered(session: Session, limit: int) -> list[LogEntryRow]:
    """Entries without a place yet, oldest first."""
    waiting = select(LogEntryRow).where(LogEntryRow.position.is_(None)).order_by(LogEntryRow.id).limit(limit)
    return list(session.scalars(waiting))


def place(session: Session, row: LogEntryRow, position: int) -> None:
    """Give an entry its place, and keep the hash of every subtree that it completes."""
    row.position = position
    for level, index, value in merkle.append(position, merkle.leaf_hash(row.entry), subtrees(session)):
        session.add(LogHashRow(level=level, position=index, hash=value))
    session.flush()


def subtrees(session: Session) -> merkle.Subtree:
    """Reads the hash of a complete subtree by (level, position)."""

    def read(level: int, position: int) -> bytes:
        found = session.get(LogHashRow, (level, position))
        if found is None:
            raise LookupError(f"the log lacks the hash of subtree {level}/{position}")
        return found.hash

    return read


def entries_of(session: Session, subject: str) -> list[LogEntryRow]:
    """The entries that have a place and are about `subject`, in the order of the log."""
    found = select(LogEntryRow).where(LogEntryRow.subject == subject, LogEntryRow.position.is_not(None))
    return list(session.scalars(found.order_by(LogEntryRow.position)))


def latest_checkpoint(session: Session) -> CheckpointRow | None:
    """The newest signed checkpoint."""
    return session.scalar(select(CheckpointRow).order_by(CheckpointRow.size.desc()).limit(1))


def waits(session: Session, subjects: Collection[str]) -> bool:
    """Whether an entry about one of `subjects` has no place yet."""
    waiting = select(LogEntryRow.id).where(LogEntryRow.position.is_(None), LogEntryRow.subject.in_(subjects))
    return session.scalar(waiting.limit(1)) is not None
