"""The table of what peers and strangers brought that was refused and may be tried again."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from relevo.storage.base import BigId, Digest, SharedBase, Word


class RefusedRow(SharedBase):
    """How often one thing was refused on one day (UTC), with the exact code, which the wire does not always say.

    `peer` is None for strangers. `digest` is that of the manifest, or of the request's body; None where the day's many
    are counted together.
    """

    __tablename__ = "refused_item"
    __table_args__ = (Index("ix_refused_item_day_peer", "day", "peer"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date]
    peer: Mapped[str | None] = mapped_column(Word)
    code: Mapped[str] = mapped_column(Digest)
    digest: Mapped[str | None] = mapped_column(Digest)
    at: Mapped[datetime]
    count: Mapped[int]
