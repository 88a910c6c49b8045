"""Whether the receipts for files in an evidence file hold; the files themselves are in no evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64url
from relevo.protocol.evidence import Direction
from relevo.protocol.file_receipt import read_file_receipt
from relevo.protocol.record import RecordType
from relevo.protocol.verification_account import ToldFile
from relevo.protocol.verification_report import Check, could_not_check, day_and_hour, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relevo.protocol.evidence import Evidence, EvidenceFile
    from relevo.protocol.file_receipt import FileReceipt
    from relevo.protocol.verification_nodes import Identities
    from relevo.protocol.verification_report import Line


class FileReceiptMismatch(WireError):
    """A receipt for a file is about another file, or between other nodes."""

    code = "file-receipt-mismatch"


def check_files(evidence: Evidence, identities: Identities, told: list[ToldFile]) -> Iterator[Line]:
    """A line about each file of a referral; what holds goes to `told`."""
    for shown in evidence.files:
        sender, receiver = _ends(evidence, shown)
        subject = file_subject(shown.digest)
        if shown.receipt is None:
            text = f"whether {receiver} could open it; {sender} brought it whole, and shows no receipt."
            yield could_not_check(Check.ATTACHMENT, subject, text)
        else:
            try:
                receipt = _receipt(evidence, shown, identities)
            except WireError as error:
                yield fails(Check.ATTACHMENT, subject, error)
                continue
            did = f"refused it ({receipt.code})" if receipt.code else "found it fit and stored it"
            text = f"{sender} brought it to {receiver}, which {did} on {day_and_hour(receipt.received_at)}."
            yield holds(Check.ATTACHMENT, subject, text)
        digest = base64url.digest(shown.receipt.encode()) if shown.receipt else None
        told.append(ToldFile(thread=evidence.thread, sender=sender, digest=shown.digest, receipt_digest=digest))


def file_subject(digest: str) -> str:
    """How lines call a file."""
    return f"attached file {digest[:12]}"


def file_records(shown: EvidenceFile, thread: str, peer: str) -> Iterator[tuple[RecordType, tuple[str, ...]]]:
    """The records that the log must have about a file: type, and members in the order of `FIELDS`."""
    names = (shown.digest, thread, peer)
    if shown.direction is Direction.SENT:
        yield RecordType.FILE_SENT, names
    if shown.receipt is not None:
        is_sent = shown.direction is Direction.SENT
        kind = RecordType.FILE_RECEIPT_GOT if is_sent else RecordType.FILE_RECEIPT_MADE
        yield kind, (base64url.digest(shown.receipt.encode()), *names)


def _ends(evidence: Evidence, shown: EvidenceFile) -> tuple[str, str]:
    is_sent = shown.direction is Direction.SENT
    return (evidence.node, evidence.peer) if is_sent else (evidence.peer, evidence.node)


def _receipt(evidence: Evidence, shown: EvidenceFile, identities: Identities) -> FileReceipt:
    receipt = read_file_receipt(shown.receipt or "", trust=identities.trust, at=evidence.made_at)
    sender, receiver = _ends(evidence, shown)
    if (receipt.iss, receipt.aud, receipt.file) != (receiver, sender, shown.digest):
        raise FileReceiptMismatch
    return receipt
