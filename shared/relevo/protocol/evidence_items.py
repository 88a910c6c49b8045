"""What stands in the lines of a `relevo-evidence-v2` file; `relevo.protocol.evidence_book` reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.evidence import EvidenceFile, EvidenceMessage, EvidenceSop
    from relevo.protocol.evidence_log import EvidenceHead


@dataclass(frozen=True, kw_only=True)
class BookHead:
    """Whose file it is and what it covers: `thread` for one referral, a period from `since` to before `until`."""

    node: str
    peers: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    thread: str | None
    personal_data: bool
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class BookStatement:
    """One version of a node's statement."""

    node: str
    token: str


@dataclass(frozen=True, kw_only=True)
class BookSop:
    """A procedure agreed with a peer."""

    peer: str
    sop: EvidenceSop


@dataclass(frozen=True, kw_only=True)
class BookBasis:
    """The record of a consent or an exception and its salt, of which messages name the commitment."""

    record: bytes = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class BookThread:
    """The messages of one thread, in the order of each stream, and the files that went with them.

    `basis` is what they rest on, in a file with personal data alone.
    """

    peer: str
    thread: str
    messages: tuple[EvidenceMessage, ...]
    files: tuple[EvidenceFile, ...] = ()
    basis: tuple[BookBasis, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BookEntry:
    """The next leaf of the log: a record and its salt."""

    record: bytes
    salt: bytes


@dataclass(frozen=True, kw_only=True)
class BookHidden:
    """The next 2^level leaves of the log, as the hash of their complete subtree."""

    level: int
    hash: bytes


@dataclass(frozen=True, kw_only=True)
class BookOlder:
    """An older head that a witness saw before a key was stolen, and the proof that the newest one continues it."""

    head: EvidenceHead


@dataclass(frozen=True, kw_only=True)
class BookCheckpoint:
    """The signed head of the log; the last line."""

    note: str


BookItem: TypeAlias = (
    BookHead | BookStatement | BookSop | BookThread | BookEntry | BookHidden | BookOlder | BookCheckpoint
)
