"""Tables of the record that every node keeps: who looked at personal data, and what was proposed and spent.

A look is numbered within its subject (a referral's thread or a case), so that one that was taken out leaves a gap.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from relevo.protocol.strict_json import JsonValue
from relevo.storage.base import BigId, Digest, SharedBase, Word


class AccessRow(SharedBase):
    """One look at personal data: by whom, in which role, at which classes, why, and the commitment that is logged.

    `who`, `organisation` and `salt` go at erasure; that somebody of a role looked, when and why, stays.
    """

    __tablename__ = "access"
    __table_args__ = (UniqueConstraint("subject", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject: Mapped[str] = mapped_column(Digest)
    number: Mapped[int]
    who: Mapped[str | None] = mapped_column(Word)
    role: Mapped[str] = mapped_column(Word)
    organisation: Mapped[str | None]
    classes: Mapped[list[str]]
    why: Mapped[str] = mapped_column(Word)
    at: Mapped[datetime]
    salt: Mapped[bytes | None]
    commitment: Mapped[str] = mapped_column(Digest)


class CostsRow(SharedBase):
    """Costs that one side proposed, or reported as spent, with the message that said so.

    `kind` is `plan` or `report`. `replaces` is the proposal that this one takes the place of, or that a report tells
    of. `state` of a plan is `proposed`, `agreed` or `superseded`, and follows from all rows of the thread; a report's
    is `reported`. `fields` is the class `costs`; with `proofs` it goes at erasure.
    """

    __tablename__ = "costs"
    __table_args__ = (Index("ix_costs_peer_thread", "peer", "thread"),)

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    jti: Mapped[str] = mapped_column(Digest, primary_key=True)
    thread: Mapped[str] = mapped_column(Digest)
    side: Mapped[str] = mapped_column(Word)
    kind: Mapped[str] = mapped_column(Word)
    replaces: Mapped[str | None] = mapped_column(Digest)
    fields: Mapped[dict[str, JsonValue]]
    proofs: Mapped[list[JsonValue]]
    who: Mapped[str]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Word)
    agreed_at: Mapped[datetime | None]
    agreed_by: Mapped[str | None]
    agreed_in: Mapped[str | None] = mapped_column(Digest)
