"""Tables of the record that only an origin keeps: its own assessments, what the host stated before, what was struck.

Nothing here is overwritten. What turns out wrong is struck with a reason, and stays readable as such until erasure.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from origin_node.tables import OriginBase
from relevo.protocol.strict_json import JsonValue
from relevo.storage.base import BigId, Digest, Word


class AssessedRow(OriginBase):
    """One data class as somebody here found it; it stands beside what the host stated and never travels by itself."""

    __tablename__ = "assessed"
    __table_args__ = (Index("ix_assessed_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    data_class: Mapped[str] = mapped_column(Word)
    fields: Mapped[dict[str, JsonValue]]
    at: Mapped[datetime]
    assessed_by: Mapped[str] = mapped_column(Word)
    organisation: Mapped[str | None]


class StatedBeforeRow(OriginBase):
    """A data class as the host had stated it until a later message took its place; `in_error` if that was said."""

    __tablename__ = "stated_before"
    __table_args__ = (Index("ix_stated_before_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    data_class: Mapped[str] = mapped_column(Word)
    fields: Mapped[dict[str, JsonValue]]
    jti: Mapped[str | None] = mapped_column(Digest)
    stated_at: Mapped[datetime]
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[str]
    step: Mapped[str] = mapped_column(Word)
    in_error: Mapped[bool]
    reason: Mapped[str | None]


class StruckRow(OriginBase):
    """That a report or an assessment of ours was entered in error: which, why, by whom and when."""

    __tablename__ = "struck"
    __table_args__ = (Index("ix_struck_peer_thread", "peer", "thread"), UniqueConstraint("what", "entry"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    what: Mapped[str] = mapped_column(Word)
    entry: Mapped[int] = mapped_column(BigId)
    reason: Mapped[str]
    at: Mapped[datetime]
    struck_by: Mapped[str] = mapped_column(Word)
