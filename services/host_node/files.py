"""Attaching a file to a case: it becomes one more entry of the class `documents`, and leaves only as that class does.

Nothing here decides whether it may leave; preview, consent and procedure judge it like every other field.
"""

from __future__ import annotations

from collections.abc import Iterable

from host_node import cases
from relevo.delivery import files
from relevo.delivery.files import NOTHING_YET, Kept
from relevo.delivery.looking import entering
from relevo.delivery.node import Node
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.messages import classes
from relevo.messages.classes import ClassInvalid
from relevo.protocol.strict_json import JsonObject
from relevo.storage.unit_of_work import UnitOfWork, User

ATTACHED = "a file was attached"


def attach(
    node: Node, user: User, case: str, pieces: Iterable[bytes], *, size: int, kind: str, title: str | None = None
) -> str:
    """Seal a file and attach it to a case; its digest.

    Args:
        node: this host.
        user: who attaches it.
        case: reference or id.
        pieces: the plain file as it comes in.
        size: its length in bytes.
        kind: a word of `FileKind`.
        title: what it is, in a few words; both sides read them.

    Raises:
        Forbidden: if the role may not write the class `documents` down.
        NotFound: if there is no such case.
        ClassInvalid: for another kind, or a title that does not fit.
        BadInput: if the file is of no type or size that is carried.
        FileInfected, ScannerUnavailable: as the scanner says.
    """
    said: JsonObject = {"kind": kind} if title is None else {"kind": kind, "title": title}
    with node.read(user) as work:
        _with_file(work, case, NOTHING_YET.entry(said))

    def belong(work: UnitOfWork, kept: Kept) -> str:
        record = _with_file(work, case, kept.entry(said))
        row = cases.find(work, case)
        cases.change(work, row, {**row.record, DataClass.DOCUMENTS: record}, ATTACHED)
        return row.id

    return files.attach(node, user, pieces, size, belong)


def _with_file(work: UnitOfWork, case: str, entry: JsonObject) -> JsonObject:
    """The class `documents` of a case with one more file."""
    work.require(Act.CORRECT)
    row = cases.find(work, case)
    entering(work, cases.procedure(work, row), {DataClass.DOCUMENTS})
    present = row.record.get(DataClass.DOCUMENTS)
    listed = present.get("files") if isinstance(present, dict) else None
    checked, faults = classes.check(
        DataClass.DOCUMENTS, {"files": [*(listed if isinstance(listed, list) else []), entry]}
    )
    if faults:
        raise ClassInvalid(*faults)
    return checked
