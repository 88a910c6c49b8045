"""Tables of what a node knows of its streams beyond the messages themselves.

Nothing here says anything about a person: places, moments, digests, signed manifests and receipts, and the name of
the administrator who confirmed a new epoch.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from relevo.storage.base import Digest, JsonColumn, SharedBase, Word


class StandRow(SharedBase):
    """How our stream to a peer stands by the peer's own last summary, and whether we stopped sending.

    `doubt_epoch` and `doubt_seq` are a place that the peer claims to have of us and that we do not know; they go when
    it is proven (`stopped_at`) or was not (`unproven_at`). `empty` are places of the peer's stream to us at which
    nothing will come: {"epoch", "places": [[begin, end], …]}, by its own list of the moment `gaps_asked_at`.
    What it has of the epochs before `compared_epoch` was compared with what we have.
    """

    __tablename__ = "peer_stand"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    epoch: Mapped[int | None]
    high_water: Mapped[int | None] = mapped_column(BigInteger)
    missing: Mapped[int] = mapped_column(BigInteger, default=0)
    heard_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    doubt_epoch: Mapped[int | None]
    doubt_seq: Mapped[int | None] = mapped_column(BigInteger)
    unproven_at: Mapped[datetime | None]
    empty: Mapped[dict[str, Any] | None] = mapped_column(JsonColumn)
    gaps_asked_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(Word)
    confirmed_why: Mapped[str | None]
    compared_epoch: Mapped[int | None]


class WholeRow(SharedBase):
    """Up to which place (`seq`) everything that a peer sent in an epoch has come, and the highest that has come."""

    __tablename__ = "received_whole"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    high: Mapped[int] = mapped_column(BigInteger)


class FormerReceiptRow(SharedBase):
    """A receipt that a peer gave before it was restored; the message was offered again and has a newer one."""

    __tablename__ = "former_receipt"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    jti: Mapped[str] = mapped_column(Digest, index=True)
    receipt: Mapped[str]
    receipted_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Word)
    offered_again_at: Mapped[datetime]


class ForgottenRow(SharedBase):
    """A message of ours that a peer holds and that this node, restored from a backup, no longer knew.

    `noted_by` is who entered again what it said, or found that nothing is to be done.
    """

    __tablename__ = "forgotten"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    jti: Mapped[str] = mapped_column(Digest, primary_key=True)
    thread: Mapped[str] = mapped_column(Digest, index=True)
    kind: Mapped[str] = mapped_column(Word)
    epoch: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)
    manifest: Mapped[str]
    receipt: Mapped[str]
    found_at: Mapped[datetime]
    noted_at: Mapped[datetime | None]
    noted_by: Mapped[str | None] = mapped_column(Word)
