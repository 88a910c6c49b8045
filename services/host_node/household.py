"""Members of a household: each has a case and referrals of their own, linked by a random household id.

Others of the household stand in a person's case by relation and age band alone. For one of them to be referred, a case
is made from what the file knew of them and from what the counsellor adds; the file's consent that covers them becomes
a draft of that case. Nothing of the person's own data goes over but the journey, which they make together.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import or_, select

from host_node import agencies, cases
from host_node.case_file_consents import PRINCIPAL
from host_node.cases import DRAFTS
from host_node.tables import CaseReferralRow, CaseRow
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.errors import Conflict, NotFound
from relevo.ids import new_thread
from relevo.messages.identity import NAMES
from relevo.protocol.strict_json import JsonValue
from relevo.storage.unit_of_work import UnitOfWork

Sections = Mapping[str, Mapping[str, JsonValue]]
"""What the counsellor adds of a member, by data class."""

NOTHING: Sections = {}


class MemberKnown(Conflict):
    """There is a case of that reference already."""

    code = "member-known"
    advice = "Choose a reference that is not used; `case list` shows those that are."


def member(work: UnitOfWork, case: CaseRow, number: int, reference: str, sections: Sections = NOTHING) -> CaseRow:
    """A case of its own for the member of that number (from 1) of the household of `case`.

    Raises:
        NotFound: if the household has no such member.
        MemberKnown: if the reference is used.
    """
    work.require(Act.IMPORT_CASE)
    members = cases.household(case)
    if not 1 <= number <= len(members):
        raise NotFound("the household has no member of that number; count them as the case lists them, from 1")
    if work.session.scalar(select(CaseRow.id).where(CaseRow.reference == reference)) is not None:
        raise MemberKnown(field="reference")
    entry = members[number - 1]
    case.household = case.household or new_thread()
    row = CaseRow(
        id=str(uuid.uuid4()),
        reference=reference,
        origin=case.origin,
        urgency=case.urgency,
        confidential=False,
        record=_record(case, number - 1, reference, sections),
        stays=[],
        drafts=_drafts(case, str(entry.get("relation"))),
        imported_at=work.at,
        imported_by=work.user.name,
        agency=case.agency,
        household=case.household,
        member_of=case.id,
        separated=entry.get("separated") is True,
    )
    work.session.add(row)
    work.session.flush()
    return row


def linked(work: UnitOfWork, case: CaseRow) -> list[tuple[CaseRow, list[str]]]:
    """The cases that belong together with this one, itself included, each with the threads of its referrals."""
    work.require(Act.LIST)
    head = case.member_of or case.id
    together = select(CaseRow).where(or_(CaseRow.id == head, CaseRow.member_of == head)).order_by(CaseRow.imported_at)
    rows = work.session.scalars(agencies.of_theirs(work, together))
    return [(row, _threads(work, row)) for row in rows]


def _threads(work: UnitOfWork, row: CaseRow) -> list[str]:
    mine = select(CaseReferralRow.thread).where(CaseReferralRow.case == row.id)
    return sorted(work.session.scalars(mine))


def _record(case: CaseRow, place: int, reference: str, sections: Sections) -> dict[str, JsonValue]:
    """What the file knew of the member, in the words of the data classes, and what was added."""
    prefix = f"family.household[{place}]."
    known = {one.path.removeprefix(prefix): one.value for one in cases.stays(case) if one.path.startswith(prefix)}
    identity = {name: known[name] for name in ("birth_date", *NAMES) if name in known}
    record: dict[str, JsonValue] = {DataClass.IDENTITY_MIN: {"reference": reference, **identity}}
    journey = case.record.get(DataClass.TRAVEL)
    if cases.household(case)[place].get("travels") is True and journey is not None:
        record[DataClass.TRAVEL] = journey
    for name, fields in sections.items():
        present = record.get(name)
        record[name] = {**(present if isinstance(present, dict) else {}), **fields}
    return record


def _drafts(case: CaseRow, relation: str) -> list[JsonValue]:
    """The consents of the file that cover this member, as drafts for a case that is about them."""
    theirs = [replace(one, covers=(PRINCIPAL,)) for one in cases.drafts(case) if relation in one.covers]
    dumped: list[JsonValue] = DRAFTS.dump_python(tuple(theirs), mode="json")
    return list(dumped)
