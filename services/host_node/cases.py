"""Cases: importing what a national case system exported, and finding it again.

A file is taken in as a whole or not at all. What our data classes have no place for stays listed as such; that a file
could be read does not mean that it can be sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from pydantic import TypeAdapter
from sqlalchemy import bindparam, or_, select

from host_node import agencies
from host_node.case_file import ConsentDraft, ImportedCase, Stay, read_case
from host_node.tables import CaseHistoryRow, CaseRow
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.domain.sop import Sop, parse_sop
from relevo.errors import BadInput, Conflict, NotFound
from relevo.ids import new_thread
from relevo.protocol import strict_json
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import sops
from relevo.storage.unit_of_work import UnitOfWork

DRAFTS = TypeAdapter(tuple[ConsentDraft, ...])
STAYS = TypeAdapter(tuple[Stay, ...])
IMPORTED = "the case was imported again"
_NAMED = select(CaseRow).where(or_(CaseRow.id == bindparam("name"), CaseRow.reference == bindparam("name")))


class CaseKnown(Conflict):
    """There is a case of this reference already."""

    code = "case-known"
    advice = "Import it with `replace` to take the file's newer contents; consents and referrals stay."


class CaseElsewhere(Conflict):
    """Another agency of this node has a case of this reference."""

    code = "case-elsewhere"
    rule = "access.agencies"
    advice = "Ask a coordinator of the node who has it; nothing of it was changed."


def import_case(work: UnitOfWork, raw: bytes, *, replace: bool = False) -> CaseRow:
    """Take in one exported case.

    Raises:
        CaseFileInvalid: naming the field that cannot be understood; nothing is stored.
        BadInput: if the file is another host's.
        CaseKnown: if its reference is here already and `replace` was not said.
        CaseElsewhere: if another agency of this node has it.
    """
    work.require(Act.IMPORT_CASE)
    case = read_case(raw, at=work.at)
    if case.host != work.identity.node_id:
        raise BadInput(f"this case belongs to {case.host}; this node is {work.identity.node_id}", field="host")
    row = work.session.scalar(select(CaseRow).where(CaseRow.reference == case.reference))
    if row is not None and not agencies.sees_case(work, row.id):
        raise CaseElsewhere(field="identity-min.reference")
    if row is not None and not replace:
        raise CaseKnown(field="identity-min.reference")
    if row is None:
        agency = work.user.organisation
        row = CaseRow(id=str(uuid.uuid4()), reference=case.reference, agency=agency, record={})
        work.session.add(row)
    _fill(row, case, work)
    work.session.flush()
    return row


def as_file(case: JsonObject) -> bytes:
    """A case that came as JSON over the API, as the bytes of a file.

    Raises:
        BadInput: if it holds text that cannot be written.
    """
    try:
        return strict_json.dump(case)
    except ValueError as error:
        raise BadInput("the case holds text that is not Unicode or numbers that are not JSON") from error


def find(work: UnitOfWork, name: str) -> CaseRow:
    """The case of that id or reference, for somebody who may see cases at all.

    Raises:
        Forbidden: before anything is looked up, so that nobody else learns which references exist.
        NotFound: if there is none, or it is another agency's.
    """
    work.require(Act.LIST)
    row = work.session.scalar(agencies.of_theirs(work, _NAMED), {"name": name})
    if row is None:
        raise NotFound("there is no such case; `case list` shows those that are here")
    return row


def everything(work: UnitOfWork) -> list[CaseRow]:
    """The cases that the user may see, oldest first."""
    work.require(Act.LIST)
    mine = agencies.of_theirs(work, select(CaseRow))
    return list(work.session.scalars(mine.order_by(CaseRow.imported_at, CaseRow.reference)))


def stays(row: CaseRow) -> tuple[Stay, ...]:
    """What of the exporter's file has no place in a referral."""
    return STAYS.validate_python(row.stays)


def drafts(row: CaseRow) -> tuple[ConsentDraft, ...]:
    """The consents that the exporter's file speaks of."""
    return read_drafts(row.drafts)


def read_drafts(written: list[JsonValue]) -> tuple[ConsentDraft, ...]:
    """Such consents, as they are written into a case."""
    return DRAFTS.validate_json(DRAFTS.dump_json(DRAFTS.validate_python(written)))


def change(work: UnitOfWork, case: CaseRow, record: Mapping[str, JsonValue], reason: str) -> None:
    """Put a new record in the place of a case's; every class that changes stays readable as it stood."""
    for name, fields in case.record.items():
        if isinstance(fields, dict) and record.get(name) != fields:
            stood = CaseHistoryRow(
                case=case.id,
                data_class=name,
                fields=fields,
                held_until=work.at,
                changed_by=work.user.name,
                reason=reason,
            )
            work.session.add(stood)
    case.record = dict(record)


def procedure(work: UnitOfWork, case: CaseRow) -> Sop | None:
    """The procedure with the origin of a case that is in force now, if there is one."""
    row = sops.if_in_force(work.session, case.origin, work.at)
    return parse_sop(row.text) if row else None


def _fill(row: CaseRow, case: ImportedCase, work: UnitOfWork) -> None:
    row.origin, row.urgency, row.confidential = case.origin, case.urgency, case.confidential
    attached = row.record.get(DataClass.DOCUMENTS)
    record = {**case.record, DataClass.DOCUMENTS: attached} if attached else case.record
    change(work, row, record, IMPORTED)
    row.stays = STAYS.dump_python(case.stays, mode="json")
    row.drafts = DRAFTS.dump_python(case.consents, mode="json")
    row.imported_at, row.imported_by = work.at, work.user.name
    row.separated = row.separated or False
    if row.household is None and any(one.get("travels") is True for one in household(row)):
        row.household = new_thread()


def household(row: CaseRow) -> list[JsonObject]:
    """The household of a case, as it was imported: relation and age band of each, and whether they travel."""
    family = row.record.get(DataClass.FAMILY)
    members = family.get("household") if isinstance(family, dict) else None
    return [one for one in members if isinstance(one, dict)] if isinstance(members, list) else []
