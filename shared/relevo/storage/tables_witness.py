"""Tables of logs and their witnesses: what we cosigned of others, who cosigned ours, and what looked like a lie.

Nothing here is about a person: heads of logs are sizes and hashes.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from relevo.storage.base import BigId, Digest, SharedBase, Word


class WitnessedRow(SharedBase):
    """The newest head of a peer's log that this node cosigned; it only ever grows."""

    __tablename__ = "witnessed"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    size: Mapped[int]
    root: Mapped[bytes]
    note: Mapped[str]
    cosigned_at: Mapped[datetime]


class WitnessRow(SharedBase):
    """How far a peer, as our witness, has come with our log, and when we asked it last."""

    __tablename__ = "witness"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    size: Mapped[int]
    asked_at: Mapped[datetime]
    problem: Mapped[str | None] = mapped_column(Digest)


class CosignatureRow(SharedBase):
    """What a peer said below a checkpoint of ours: one line of a signed note."""

    __tablename__ = "cosignature"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    line: Mapped[str]
    cosigned_at: Mapped[datetime]


class LogAlarmRow(SharedBase):
    """Two signed checkpoints that one honest log would not have, or ours and what a witness says of it.

    An alarm never goes; `seen_by` is the administrator or auditor who has looked at it.
    """

    __tablename__ = "log_alarm"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    code: Mapped[str] = mapped_column(Word)
    found_at: Mapped[datetime]
    known: Mapped[str]
    shown: Mapped[str]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None] = mapped_column(Word)
