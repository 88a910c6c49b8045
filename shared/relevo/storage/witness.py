"""Heads of logs: those of peers that we cosigned, those of ours that peers cosigned, and alarms."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.protocol.cosignature import with_cosignatures
from relevo.storage.tables import CheckpointRow, LogEntryRow, LogHashRow
from relevo.storage.tables_witness import CosignatureRow, LogAlarmRow

MOST_ALARMS = 100
"""Alarms that are kept of one peer; who floods us with contradictions has proven enough."""


def cosigned(session: Session, checkpoint: CheckpointRow) -> str:
    """A checkpoint of ours with what witnesses said below it."""
    said = select(CosignatureRow.line).where(CosignatureRow.size == checkpoint.size).order_by(CosignatureRow.peer)
    return with_cosignatures(checkpoint.note, "".join(session.scalars(said)))


def newest_cosigned(session: Session, *, least: int) -> CheckpointRow | None:
    """The newest checkpoint of at least `least` entries that a witness has cosigned."""
    seen = select(CheckpointRow).where(
        CheckpointRow.size >= least, CheckpointRow.size.in_(select(CosignatureRow.size).distinct())
    )
    return session.scalar(seen.order_by(CheckpointRow.size.desc()).limit(1))


def alarm(session: Session, peer: str, code: str, at: datetime, *, known: str, shown: str) -> bool:
    """Keep both checkpoints that contradict each other; False if the same alarm stands, or too many of that peer."""
    kept = list(session.scalars(select(LogAlarmRow).where(LogAlarmRow.peer == peer)))
    if len(kept) >= MOST_ALARMS or any((one.code, one.known, one.shown) == (code, known, shown) for one in kept):
        return False
    session.add(LogAlarmRow(peer=peer, code=code, found_at=at, known=known, shown=shown))
    return True


def alarms(session: Session) -> list[LogAlarmRow]:
    """All alarms, newest first."""
    return list(session.scalars(select(LogAlarmRow).order_by(LogAlarmRow.id.desc())))


def hashes(session: Session, level: int, begin: int, count: int) -> list[bytes]:
    """`count` hashes of complete subtrees of one level of the tree, from place `begin` on; fewer if there are fewer."""
    there = (LogHashRow.level == level, LogHashRow.position >= begin, LogHashRow.position < begin + count)
    return list(session.scalars(select(LogHashRow.hash).where(*there).order_by(LogHashRow.position)))


def entries(session: Session, begin: int, count: int) -> list[bytes]:
    """`count` entries of the log from place `begin` on; fewer if there are fewer."""
    there = (LogEntryRow.position >= begin, LogEntryRow.position < begin + count)
    return list(session.scalars(select(LogEntryRow.entry).where(*there).order_by(LogEntryRow.position)))
