"""What log and evidence say of a file: that it was brought whole, and what its receiver said of it; never what it is.

    file-sent           the sender, once the peer says that every part is there
    file-receipt-made   the receiver, with the receipt, for each referral whose messages announced the file
    file-receipt-got    the sender, with the receipt

Each is written once, with a row that outlives the file: after erasure it is still proven that a file went over.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.protocol import base64url
from relevo.protocol.evidence import Direction, EvidenceFile
from relevo.storage import log
from relevo.storage.tables_files import FileRow, FileUseRow
from relevo.storage.tables_traces import FileTraceRow
from relevo.storage.unit_of_work import UnitOfWork


def sent(work: UnitOfWork, peer: str, thread: str, digest: str) -> FileTraceRow:
    """Note that a file of a referral is at the peer, every part of it; noted once."""
    found = work.session.get(FileTraceRow, (peer, thread, Direction.SENT, digest))
    if found is None:
        found = _keep(work, FileTraceRow(peer=peer, thread=thread, direction=Direction.SENT, digest=digest))
        log.record(work.session, "file-sent", work.at, subject=thread, file=digest, thread=thread, peer=peer)
    return found


def receipted(work: UnitOfWork, peer: str, thread: str, digest: str, token: str) -> None:
    """Note what the peer said of a file that we brought."""
    found = sent(work, peer, thread, digest)
    if found.receipt is None:
        found.receipt = token
        _log(work, "file-receipt-got", found, token)


def received(work: UnitOfWork, row: FileRow) -> None:
    """Note what we said of a file, for each referral that it belongs to and was not noted for."""
    if row.receipt is None or row.digest is None:
        return
    for thread in work.session.scalars(select(FileUseRow.subject).where(FileUseRow.file == row.id)):
        key = (row.owner, thread, Direction.RECEIVED, row.digest)
        if work.session.get(FileTraceRow, key) is None:
            found = FileTraceRow(peer=row.owner, thread=thread, direction=Direction.RECEIVED, digest=row.digest)
            _keep(work, found).receipt = row.receipt
            _log(work, "file-receipt-made", found, row.receipt)


def shown(session: Session, peer: str, thread: str) -> Iterator[tuple[FileTraceRow, EvidenceFile]]:
    """The files of a referral as evidence shows them, those that were sent first, each direction by digest."""
    mine = (FileTraceRow.peer == peer, FileTraceRow.thread == thread)
    ordered = select(FileTraceRow).where(*mine).order_by(FileTraceRow.direction.desc(), FileTraceRow.digest)
    for row in session.scalars(ordered):
        yield row, EvidenceFile(direction=Direction(row.direction), digest=row.digest, receipt=row.receipt)


def _keep(work: UnitOfWork, row: FileTraceRow) -> FileTraceRow:
    row.at = work.at
    work.session.add(row)
    work.session.flush()
    return row


def _log(work: UnitOfWork, kind: str, row: FileTraceRow, token: str) -> None:
    names = {"file": row.digest, "thread": row.thread, "peer": row.peer}
    digest = base64url.digest(token.encode())
    log.record(work.session, kind, work.at, subject=row.thread, receipt=digest, **names)
