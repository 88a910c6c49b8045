"""Sealed files: what a message announces, who uses the bytes, their parts, and their end.

    uploading → kept                    attached here; kept as long as something uses it
    awaited → arrived → kept | refused  announced by a peer, brought in parts, looked at once
    waiting → stored | refused | held   a push: what became of a file that we bring

Parts lie in the database, so that a file is there exactly if its rows say so, and backups and erasure need no second
place (docs/adr/0045). What is announced is read from the disclosures of messages; when those go, the key is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from relevo.domain.data_classes import DataClass
from relevo.ids import new_thread
from relevo.messages.circumstances_results import Documents, File
from relevo.messages.classes import read
from relevo.messages.content import Fields
from relevo.protocol.sd_jwt import Disclosure
from relevo.storage.tables import InboxRow, OutboxRow, ReferralRow
from relevo.storage.tables_files import FilePartRow, FilePushRow, FileRow, FileUseRow

PART = 1 << 20
"""Bytes of a sealed file in one part, stored and brought as one."""


WITHHELD = "file-withheld"
"""Why a file is brought no further: the message that announced it may no longer name it to the peer."""


class FileState(StrEnum):
    """How far a file has come."""

    UPLOADING = "uploading"
    AWAITED = "awaited"
    ARRIVED = "arrived"
    KEPT = "kept"
    REFUSED = "refused"


class PushState(StrEnum):
    """What became of a file that is brought to a peer."""

    WAITING = "waiting"
    STORED = "stored"
    REFUSED = "refused"
    HELD = "held"


@dataclass(frozen=True, kw_only=True)
class Announced:
    """A file that a message of a thread names, with what became of it here and, if it is brought, over there."""

    entry: File
    state: str | None
    problem: str | None


def parts_of(size: int) -> int:
    """Of how many parts a sealed file of `size` bytes consists."""
    return -(-size // PART)


def announced_in(disclosures: Iterable[str] | None) -> tuple[File, ...]:
    """The files that the disclosures of one message name."""
    parsed = [Disclosure.parse(text) for text in disclosures or ()]
    inside = {digest for one in parsed if one.name == DataClass.DOCUMENTS for digest in one.inside}
    listed = [one.value for one in parsed if one.digest in inside and one.name == "files"]
    return tuple(file for value in listed for file in _entries(value))


def listed_in(classes: Fields) -> tuple[File, ...]:
    """The same from the data classes that a message carries, which were read from its disclosures."""
    return tuple(_entries(classes.get(DataClass.DOCUMENTS, {}).get("files")))


def in_thread(session: Session, row: ReferralRow) -> list[File]:
    """Every file that messages of a referral name, whichever side it comes from, each once."""
    found: dict[str, File] = {}
    for table in (InboxRow, OutboxRow):
        of = (table.peer == row.peer, table.thread == row.thread)
        for disclosures in session.scalars(select(table.disclosures).where(*of)):
            found |= {one.digest: one for one in announced_in(disclosures)}
    return list(found.values())


def show(session: Session, row: ReferralRow, own: str) -> list[Announced]:
    """The files of a referral and how far each has come."""
    return [_shown(session, row, entry, own) for entry in in_thread(session, row)]


def announce(session: Session, peer: str, thread: str, jti: str, entries: Iterable[File]) -> None:
    """Note that a message of ours announces files, to be brought after its receipt."""
    for entry in entries:
        push = session.get(FilePushRow, (peer, thread, entry.digest))
        if push is None:
            push = FilePushRow(peer=peer, thread=thread, digest=entry.digest)
            session.add(push)
            push.state = PushState.WAITING
        if push.state in {PushState.WAITING, PushState.HELD}:
            push.jti, push.state, push.problem = jti, PushState.WAITING, None


def expect(session: Session, peer: str, thread: str, entries: Iterable[File], at: datetime) -> list[FileRow]:
    """Note that a message of a peer announces files; only these may be brought.

    Returns:
        Those that have come before, for another referral.
    """
    known = []
    for entry in entries:
        file = find(session, peer, entry.digest)
        if file is None:
            file = begin(session, peer, entry.size, FileState.AWAITED, at)
            file.digest = entry.digest
        if session.get(FileUseRow, (file.id, thread)) is None:
            session.add(FileUseRow(file=file.id, subject=thread))
            session.flush()
            known += [file] if file.receipt is not None else []
    return known


def begin(session: Session, owner: str, size: int, state: FileState, at: datetime) -> FileRow:
    """A file of which nothing is here yet."""
    row = FileRow(id=new_thread(), owner=owner, size=size, state=state, begun_at=at)
    session.add(row)
    session.flush()
    return row


def find(session: Session, owner: str, digest: str) -> FileRow | None:
    """The file of that owner and digest."""
    return session.scalar(select(FileRow).where(FileRow.owner == owner, FileRow.digest == digest))


def of_thread(session: Session, thread: str, owner: str, digest: str) -> FileRow | None:
    """The same, if it belongs to that thread."""
    row = find(session, owner, digest)
    return row if row is not None and session.get(FileUseRow, (row.id, thread)) is not None else None


def add_part(session: Session, file: str, number: int, sealed: bytes) -> None:
    """Keep a part."""
    session.add(FilePartRow(file=file, number=number, sealed=sealed))
    session.flush()


def part(session: Session, file: str, number: int) -> bytes | None:
    """The sealed bytes of one part."""
    return session.scalar(select(FilePartRow.sealed).where(FilePartRow.file == file, FilePartRow.number == number))


def parts_here(session: Session, file: str) -> int:
    """How many parts are here; they come in order."""
    return session.scalar(select(func.count()).where(FilePartRow.file == file)) or 0


def kept_of(session: Session, owner: str) -> int:
    """Bytes of files of a peer of which at least one part is here."""
    begun = select(FilePartRow.file).where(FilePartRow.number == 0)
    return session.scalar(select(func.sum(FileRow.size)).where(FileRow.owner == owner, FileRow.id.in_(begun))) or 0


def drop_parts(session: Session, file: str) -> None:
    """Let the bytes of a file go."""
    session.execute(delete(FilePartRow).where(FilePartRow.file == file))


def forget(session: Session, peer: str, thread: str) -> None:
    """Erase what a referral has of files: pushes that wait, and bytes that nothing else uses, whoever brought them."""
    session.execute(delete(FilePushRow).where(FilePushRow.peer == peer, FilePushRow.thread == thread))
    _release(session, thread, list(session.scalars(select(FileUseRow.file).where(FileUseRow.subject == thread))))


def forget_received(session: Session, peer: str, thread: str) -> None:
    """Erase what the peer brought in a referral; what is brought to it goes on."""
    theirs = select(FileRow.id).join(FileUseRow, FileUseRow.file == FileRow.id)
    _release(session, thread, list(session.scalars(theirs.where(FileUseRow.subject == thread, FileRow.owner == peer))))


def withhold(session: Session, peer: str, thread: str) -> None:
    """Bring no further what is on its way to the peer in a referral."""
    mine = (FilePushRow.peer == peer, FilePushRow.thread == thread, FilePushRow.state == PushState.WAITING)
    session.execute(update(FilePushRow).where(*mine).values(state=PushState.HELD, problem=WITHHELD))


def _release(session: Session, thread: str, used: Sequence[str]) -> None:
    """Let a referral use these files no longer; what nothing else uses goes."""
    session.execute(delete(FileUseRow).where(FileUseRow.subject == thread, FileUseRow.file.in_(used)))
    still = set(session.scalars(select(FileUseRow.file).where(FileUseRow.file.in_(used))))
    discard(session, [one for one in used if one not in still])


def discard(session: Session, gone: Sequence[str]) -> None:
    """Delete files with everything that belongs to them."""
    for table in (FilePartRow, FileUseRow):
        session.execute(delete(table).where(table.file.in_(gone)))
    session.execute(delete(FileRow).where(FileRow.id.in_(gone)))


def _entries(value: object) -> Iterator[File]:
    model = read(DataClass.DOCUMENTS, {"files": value}) if isinstance(value, list) else None
    if isinstance(model, Documents):
        yield from model.files


def _shown(session: Session, row: ReferralRow, entry: File, own: str) -> Announced:
    push = session.get(FilePushRow, (row.peer, row.thread, entry.digest))
    file = of_thread(session, row.thread, row.peer, entry.digest) or find(session, own, entry.digest)
    found = push or file
    return Announced(entry=entry, state=found.state if found else None, problem=found.problem if found else None)
