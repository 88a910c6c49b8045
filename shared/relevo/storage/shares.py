"""What each peer has brought: how many messages today, and how many bytes of them are kept.

Bytes are those of manifest, content, disclosures and receipt as they lie in the inbox; erasure gives back what it
takes. Files are counted apart (`relevo.storage.files.kept_of`). A day is one of UTC, by the clock of this node.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Protocol

from sqlalchemy.orm import Session

from relevo.storage.tables import InboxRow, PeerRow


class Brought(Protocol):
    """How many messages a peer brought on a day."""

    @property
    def brought_on(self) -> date | None:
        """The day."""

    @property
    def brought(self) -> int:
        """How many."""


def size_of(manifest: str, content: str | None, disclosures: Iterable[str] | None, receipt: str) -> int:
    """How many bytes a message takes in the inbox; what is signed is ASCII."""
    return len(manifest) + len(content or "") + _length(disclosures) + len(receipt)


def brought_today(peer: Brought, at: datetime) -> int:
    """How many messages of a peer were stored or refused for good on this day."""
    return peer.brought if peer.brought_on == at.astimezone(UTC).date() else 0


def shorten(session: Session, message: InboxRow, left: list[str] | None) -> None:
    """Keep only these disclosures of a message, and count the room that this makes."""
    peer = session.get(PeerRow, message.peer)
    if peer is not None:
        peer.kept_bytes -= _length(message.disclosures) - _length(left)
    message.disclosures = left


def _length(texts: Iterable[str] | None) -> int:
    return sum(map(len, texts or ()))
