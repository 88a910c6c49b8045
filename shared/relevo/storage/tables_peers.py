"""Tables of what peers announce and people have not decided yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from relevo.storage.base import SharedBase, Word


class PeerChangeRow(SharedBase):
    """Later statements of a peer under another root key, which wait for an administrator; oldest first."""

    __tablename__ = "peer_change"

    node_id: Mapped[str] = mapped_column(Word, primary_key=True)
    tokens: Mapped[list[str]]
    seen_at: Mapped[datetime]
