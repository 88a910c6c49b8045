"""Files at one node: taken in as a stream, sealed at once, opened as a stream; nothing plain is ever written down.

attach    what somebody attaches: sealed part by part in short transactions, judged by content, scanned; then used
opened    the plain bytes of a kept file, for somebody whose look was recorded before
examine   files that a peer has brought whole: digest, key, type, scanner; then the receipt is made
sweep     uploads that broke off go after a day
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import bindparam, select

from relevo.delivery import file_traces
from relevo.delivery.node import Node
from relevo.delivery.scanner import FileInfected, ScannerUnavailable, unscanned
from relevo.delivery.signing_time import require_time_to_sign
from relevo.errors import BadInput, Conflict, NotFound, RelevoError, WireError
from relevo.messages.circumstances_results import File
from relevo.protocol import base64url
from relevo.protocol.file_receipt import FileReceipt, sign_file_receipt
from relevo.protocol.file_seal import (
    MAX_FILE,
    FileTooLarge,
    FileUnreadable,
    in_pieces,
    new_file_key,
    open_file,
    seal_file,
    sealed_size,
)
from relevo.protocol.file_type import Ends, FileTypeRefused
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import files, peers
from relevo.storage.appending import ask
from relevo.storage.files import PART, FileState
from relevo.storage.tables import InboxRow
from relevo.storage.tables_files import FileRow, FileUseRow
from relevo.storage.unit_of_work import UnitOfWork, User

EVENTS = structlog.get_logger("relevo.files")
UPLOAD_LASTS = timedelta(days=1)
_ARRIVED = select(FileRow.id).where(FileRow.state == FileState.ARRIVED)
_BROKEN_OFF = select(FileRow.id).where(FileRow.state == FileState.UPLOADING, FileRow.begun_at < bindparam("before"))


class FileSizeUnfit(BadInput):
    """A file is empty, over 50 MB, or not as long as was said."""

    code = "file-size-unfit"
    advice = "Attach a file of 1 byte to 50 MB; scan at a lower resolution, or split it."


class FileNotReady(Conflict):
    """A file is announced but cannot be opened (yet): it is on its way, not looked at, or was refused."""

    code = "file-not-ready"
    advice = "Look at the list of files again in some minutes; if it was refused, ask the sender for another copy."


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file that was sealed here: its row, and what the class `documents` says of it."""

    id: str
    digest: str
    size: int
    media_type: str
    key: str

    def entry(self, said: Mapping[str, JsonValue]) -> JsonObject:
        """What the class `documents` lists of it, beside what people said of it."""
        return {**said, "media_type": self.media_type, "size": self.size, "digest": self.digest, "key": self.key}


NOTHING_YET = Kept(id="", digest="A" * 43, size=1, media_type="application/pdf", key="A" * 43)
"""Stands for a file of which nothing was read, to ask whether it may be attached at all."""


def attach(
    node: Node, user: User, pieces: Iterable[bytes], size: int, belong: Callable[[UnitOfWork, Kept], str]
) -> str:
    """Seal what somebody attaches and let it belong to something; its digest. If that is refused, nothing stays.

    Args:
        node: this node.
        user: who attaches it.
        pieces: the plain file.
        size: its length in bytes.
        belong: notes the file where it belongs, in the transaction in which it is kept; the case or thread.

    Raises:
        FileSizeUnfit, FileTypeRefused, FileInfected, ScannerUnavailable: as `keep`.
        RelevoError: whatever `belong` raises.
    """
    kept = keep(node, pieces, size)
    try:
        with node.write(user) as work:
            use(work, kept, belong(work, kept))
    except RelevoError:
        discard(node, kept.id)
        raise
    return kept.digest


def keep(node: Node, pieces: Iterable[bytes], size: int) -> Kept:
    """Seal and keep what somebody attaches; nothing uses it yet.

    Args:
        node: this node.
        pieces: the plain file.
        size: its length in bytes.

    Raises:
        FileSizeUnfit: if the length is not that, or not one that is carried.
        FileTypeRefused: by what is in it.
        FileInfected, ScannerUnavailable: as the scanner says.
    """
    if not 1 <= size <= MAX_FILE:
        raise FileSizeUnfit
    key, ends = new_file_key(), Ends()
    with node.write() as work:
        row = files.begin(work.session, node.identity.node_id, sealed_size(size), FileState.UPLOADING, work.at)
        name, sealed = row.id, row.size
    try:
        digest = _store(node, name, seal_file(ends.watch(pieces), size, key))
        media_type = ends.media_type
        node.scan(open_file(stored(node, name), key))
    except FileTooLarge:
        discard(node, name)
        raise FileSizeUnfit from None
    except (FileTypeRefused, FileInfected, ScannerUnavailable):
        discard(node, name)
        raise
    return Kept(id=name, digest=digest, size=sealed, media_type=media_type, key=base64url.encode(key))


def use(work: UnitOfWork, kept: Kept, subject: str) -> None:
    """Let a kept file belong to a case or thread.

    Raises:
        NotFound: if it was swept away meanwhile.
    """
    row = work.session.get(FileRow, kept.id)
    if row is None:
        raise NotFound("the file is no longer here; attach it again")
    row.digest, row.state = kept.digest, FileState.KEPT
    work.session.add(FileUseRow(file=row.id, subject=subject))


def opened(node: Node, file: str, entry: File) -> Iterator[bytes]:
    """The plain bytes of a file, piece by piece."""
    return open_file(stored(node, file), base64url.decode(entry.key))


def require_ready(row: FileRow | None) -> FileRow:
    """The same row, if the file may be opened.

    Raises:
        FileNotReady: if it is not all here, was not looked at yet, or was refused; the detail says which.
    """
    if row is None or row.state != FileState.KEPT:
        raise FileNotReady(f"it is {row.state}" if row else "its bytes are not here")
    return row


def stored(node: Node, file: str) -> Iterator[bytes]:
    """The sealed bytes of a file, one part at a time; it ends early if they are erased meanwhile."""
    number = 0
    while True:
        with node.read() as work:
            sealed = files.part(work.session, file, number)
        if sealed is None:
            return
        yield sealed
        number += 1


def examine(node: Node) -> None:
    """Look at every file that has arrived whole."""
    with node.look() as work:
        arrived = ask(work.session, _ARRIVED).scalars().all()
    for file in arrived:
        _examine(node, file)


def sweep(node: Node) -> None:
    """Let go of uploads that broke off."""
    with node.look() as work:
        gone = ask(work.session, _BROKEN_OFF, {"before": work.at - UPLOAD_LASTS}).scalars().all()
    if gone:
        with node.write() as work:
            files.discard(work.session, gone)


def _store(node: Node, file: str, sealed: Iterator[bytes]) -> str:
    """Keep each part in a transaction of its own; the digest of all."""
    whole = hashlib.sha256()
    for number, part in enumerate(in_pieces(sealed, PART)):
        whole.update(part)
        with node.write() as work:
            files.add_part(work.session, file, number, part)
    return base64url.encode(whole.digest())


def discard(node: Node, file: str) -> None:
    """Let go of a file that nothing uses after all."""
    with node.write() as work:
        files.discard(work.session, [file])


def _examine(node: Node, file: str) -> None:
    whole = hashlib.sha256()
    for part in stored(node, file):
        whole.update(part)
    with node.read() as work:
        row = work.session.get(FileRow, file)
        entry = _entry(work, row) if row else None
    if row is None:
        return
    digest = base64url.encode(whole.digest())
    if not secrets.compare_digest(digest, row.digest or ""):
        _begin_again(node, file)
        return
    try:
        code = _fault(node, file, entry)
    except ScannerUnavailable as fault:
        EVENTS.warning("not scanned", file=digest, code=fault.code, detail=fault.detail)
        return
    _settle(node, file, code)


def _fault(node: Node, file: str, entry: File | None) -> str | None:
    """Why a file is not fit to be opened, as a code; it is read to its end even if the scanner stops before."""
    if entry is None:
        return FileUnreadable().wire_code
    ends = Ends()
    pieces = ends.watch(opened(node, file, entry))
    try:
        node.scan(pieces)
        unscanned(pieces)
        found = ends.media_type
    except ScannerUnavailable:
        raise
    except RelevoError as fault:
        return fault.wire_code if isinstance(fault, WireError) else fault.code
    return None if found == entry.media_type else FileTypeRefused.code


def _settle(node: Node, file: str, code: str | None) -> None:
    with node.write() as work:
        row = work.session.get(FileRow, file)
        if row is None or row.digest is None or row.state != FileState.ARRIVED:
            return
        row.state, row.problem = (FileState.REFUSED if code else FileState.KEPT), code
        require_time_to_sign(work, peers.latest(work.session, work.identity.node_id))
        receipt = FileReceipt(iss=work.identity.node_id, aud=row.owner, file=row.digest, code=code, received_at=work.at)
        row.receipt = sign_file_receipt(receipt, work.identity.keys.signing)
        file_traces.received(work, row)
        if code:
            EVENTS.warning("file refused", peer=row.owner, file=row.digest, code=code)
            files.drop_parts(work.session, file)


def _begin_again(node: Node, file: str) -> None:
    """What came is not what was announced: nothing of it is kept, and it may be brought anew."""
    EVENTS.warning("file begins again", file=file, code="file-digest-mismatch")
    with node.write() as work:
        files.drop_parts(work.session, file)
        row = work.session.get(FileRow, file)
        if row is not None:
            row.state = FileState.AWAITED


def _entry(work: UnitOfWork, row: FileRow) -> File | None:
    """What a message says of a file that a peer brought; its key is in no other place."""
    threads = select(FileUseRow.subject).where(FileUseRow.file == row.id)
    came = select(InboxRow.disclosures).where(InboxRow.peer == row.owner, InboxRow.thread.in_(threads))
    listed = (one for disclosures in work.session.scalars(came) for one in files.announced_in(disclosures))
    return next((one for one in listed if one.digest == row.digest), None)
