"""Tables of files that every node has: the sealed bytes, what uses them, and what is still to be brought to peers.

No key is kept here. It stands where the class `documents` of a case or a message stands, and goes with it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from relevo.storage.base import Digest, SharedBase, Word


class FileRow(SharedBase):
    """One sealed file: whose it is (our own name or a peer's), its digest and size in bytes, and how far it has come.

    `digest` is None while people upload it. `problem` says why it was refused; `receipt` is what a peer is told.
    """

    __tablename__ = "file"
    __table_args__ = (UniqueConstraint("owner", "digest"),)

    id: Mapped[str] = mapped_column(Digest, primary_key=True)
    owner: Mapped[str] = mapped_column(Word)
    digest: Mapped[str | None] = mapped_column(Digest)
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Word, index=True)
    problem: Mapped[str | None] = mapped_column(Word)
    receipt: Mapped[str | None]
    begun_at: Mapped[datetime]


class FilePartRow(SharedBase):
    """Sealed bytes of a file, in order from number 0, each part as it travels."""

    __tablename__ = "file_part"

    file: Mapped[str] = mapped_column(Digest, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


class FileUseRow(SharedBase):
    """What a file belongs to: a case of ours, or the thread of a referral. With its last use a file goes."""

    __tablename__ = "file_use"

    file: Mapped[str] = mapped_column(Digest, primary_key=True)
    subject: Mapped[str] = mapped_column(Digest, primary_key=True)


class FilePushRow(SharedBase):
    """A file that a message announced to a peer, to be brought once that message (`jti`) is receipted."""

    __tablename__ = "file_push"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    thread: Mapped[str] = mapped_column(Digest, primary_key=True)
    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    jti: Mapped[str] = mapped_column(Digest)
    state: Mapped[str] = mapped_column(Word, index=True)
    problem: Mapped[str | None] = mapped_column(Word)
    failures: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    receipt: Mapped[str | None]
