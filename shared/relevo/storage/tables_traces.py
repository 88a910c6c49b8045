"""What stays of a file once its bytes and its key are gone: that it was brought, and the receipt for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from relevo.storage.base import Digest, SharedBase, Word


class FileTraceRow(SharedBase):
    """A file that one side brought the other whole; kept as evidence, as manifests are.

    `digest` is that of the sealed bytes, so it says nothing about what was in them. `receipt` is the receiver's token.
    """

    __tablename__ = "file_trace"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    thread: Mapped[str] = mapped_column(Digest, primary_key=True)
    direction: Mapped[str] = mapped_column(Word, primary_key=True)
    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    at: Mapped[datetime]
    receipt: Mapped[str | None]
