"""Sending the host a file with what returns: a certificate, a proof of costs, the sheet of a consent taken here.

A file is a message of its own (`documents-returned`), which carries the class `documents`; so it goes only where the
procedure lists that class in `returns`, the person lets outcomes return and withholds nothing of it from the host.
Where it may not go it is refused before a byte is read, for a file has no other place here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from origin_node import reports
from origin_node.release import EXPIRED
from origin_node.taking import entitled, say
from relevo.delivery import consent_changes, files, steps
from relevo.delivery.files import NOTHING_YET, Kept
from relevo.delivery.looking import entering, sop_of
from relevo.delivery.node import Node
from relevo.domain.access import Act
from relevo.domain.consent import is_expired
from relevo.domain.data_classes import DataClass
from relevo.domain.excess_data import ExcessData, NoReturn, require_within
from relevo.domain.referral import IllegalStep
from relevo.errors import Reason, Refusal
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork, User

STEP = "documents-returned"


class DocumentsStay(Refusal):
    """No file may go to the host in this referral: the procedure or the person does not let it."""

    code = "documents-stay"
    rule = "classes.documents-return"
    advice = "Keep the file as you keep paper. It can go once the person agrees and the procedure returns documents."


def attach(
    node: Node, user: User, thread: str, pieces: Iterable[bytes], *, size: int, kind: str, title: str | None = None
) -> str:
    """Seal a file and announce it to the host, to whom it is brought after that message's receipt; its digest.

    Args:
        node: this origin.
        user: who attaches it.
        thread: the referral.
        pieces: the plain file as it comes in.
        size: its length in bytes.
        kind: a word of `FileKind`.
        title: what it is, in a few words; both sides read them.

    Raises:
        Forbidden: if the role may not report, or not write the class `documents` down.
        NotFound: if there is no such referral, or none of theirs.
        IllegalStep: before the referral is accepted, and after a withdrawal.
        DocumentsStay: with what keeps it here.
        ClassInvalid: for another kind, or a title that does not fit.
        BadInput: if the file is of no type or size that is carried.
        FileInfected, ScannerUnavailable: as the scanner says.
    """
    said: JsonObject = {"kind": kind} if title is None else {"kind": kind, "title": title}
    with node.read(user) as work:
        _returnable(work, thread)
        _documents(NOTHING_YET.entry(said))

    def belong(work: UnitOfWork, kept: Kept) -> str:
        row, fields = _returnable(work, thread), _documents(kept.entry(said))
        told = say(work, row, STEP, fields=reports.returning(work, row, fields))
        reports.keep(work, row, told, fields)
        return row.thread

    return files.attach(node, user, pieces, size, belong)


def _documents(entry: JsonObject) -> dict[str, JsonValue]:
    return reports.checked({DataClass.DOCUMENTS: {"files": [entry]}})


def _returnable(work: UnitOfWork, thread: str) -> ReferralRow:
    """The referral, if a file may go to its host now."""
    row = entitled(work, thread, Act.REPORT_FOLLOW_UP)
    sop, terms = sop_of(work, row), referrals.terms(row)
    possible = steps.allowed_now(row, work.identity.side)
    if STEP not in possible:
        raise IllegalStep(STEP, row.status, possible)
    if terms is None or is_expired(terms, work.at):
        raise DocumentsStay(EXPIRED)
    if consent_changes.took_back(work, row, DataClass.DOCUMENTS):
        raise DocumentsStay(_TAKEN_BACK)
    files_of: dict[str, tuple[str, ...]] = {DataClass.DOCUMENTS: ("files",)}
    try:
        require_within(files_of, terms=terms, sop=sop, purpose=row.purpose, services=row.services, returning=True)
    except (ExcessData, NoReturn) as barred:
        raise DocumentsStay(*(replace(one, advice=DocumentsStay.advice) for one in barred.reasons)) from None
    entering(work, sop, {DataClass.DOCUMENTS})
    return row


_TAKEN_BACK = Reason(
    code="class-taken-back",
    field="consent.classes",
    detail="the person agreed once that documents move, and no longer does",
    advice=DocumentsStay.advice,
    rule="consent.covers-class",
)
