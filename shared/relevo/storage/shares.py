"""What each peer has brought: how many messages today, and how many bytes of them are kept.

Bytes are those of manifest, content, disclosures and receipt as they lie in the inbox; erasure gives back what it
takes. Files are counted apart (`relevo.storage.files.kept_of`). A day is one of UTC, by the clock of this node.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from relevo.storage.tables import InboxRow, PeerRow


def size_of(row: InboxRow) -> int:
    """How many bytes a message takes in the inbox; what is signed is ASCII."""
    return len(row.manifest) + len(row.content or "") + len(row.receipt) + _length(row.disclosures)


def brought_today(peer: PeerRow, at: datetime) -> int:
    """How many messages of a peer were stored or refused for good on this day."""
    return peer.brought if peer.brought_on == at.astimezone(UTC).date() else 0


def count(peer: PeerRow, sizes: Iterable[int], at: datetime) -> None:
    """Count messages of these sizes that were written just now."""
    new = list(sizes)
    peer.brought, peer.brought_on = brought_today(peer, at) + len(new), at.astimezone(UTC).date()
    peer.kept_bytes += sum(new)


def shorten(session: Session, message: InboxRow, left: list[str] | None) -> None:
    """Keep only these disclosures of a message, and count the room that this makes."""
    peer = session.get(PeerRow, message.peer)
    if peer is not None:
        peer.kept_bytes -= _length(message.disclosures) - _length(left)
    message.disclosures = left


def _length(texts: Iterable[str] | None) -> int:
    return sum(map(len, texts or ()))
