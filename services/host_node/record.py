"""The complete record of a referral as the host has it, and the personal data it holds: its own case, what returned.

    show       the seven parts of the record, present or missing since when; no values
    case       what the case says and said before, class by class, as far as the role may consult it
    returned   what came back from the origin, the same way

Every look at values is recorded (`relevo.delivery.looking`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from host_node import cases, corrections, referrals
from host_node.agencies import entitled
from host_node.tables import CaseHistoryRow, CaseRow, ReturnedRow
from relevo.delivery import looking
from relevo.domain import record
from relevo.domain.access import Act
from relevo.domain.access_to_data import NOT_YOURS, LookReason
from relevo.domain.data_classes import DataClass
from relevo.domain.record import PartStanding, facts_of
from relevo.messages.classes_readable import readable
from relevo.protocol.strict_json import JsonValue
from relevo.storage.referrals import steps
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Held:
    """One data class that this node holds, since or until when, and by whom; without fields if not `readable`.

    `reason` stands with what was replaced, and says why.
    """

    data_class: str
    fields: Mapping[str, JsonValue]
    readable: bool
    at: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class CaseShown:
    """A case: what it says, and what it said before, oldest first."""

    id: str
    reference: str
    now: tuple[Held, ...]
    before: tuple[Held, ...]


def show(work: UnitOfWork, thread: str) -> tuple[PartStanding, ...]:
    """The seven parts of the record, present or missing since when."""
    row = entitled(work, thread, Act.READ_RECORD)
    case = referrals.case_of(work, thread)
    came = [(one.data_class, one.came_at) for one in _returned(work, row)]
    facts = facts_of(
        opened_at=row.opened_at,
        arrived_at=row.arrived_at,
        classes=[*((name, case.imported_at) for name in case.record if name in set(DataClass)), *came],
        steps=[(one.step, one.at) for one in steps(work.session, row)],
    )
    return record.standing(facts, looking.sop_of(work, row), work.at)


def case(work: UnitOfWork, name: str, why: str = LookReason.PREPARE) -> CaseShown:
    """What a case says and said before, as far as the user's role may consult it.

    Raises:
        Forbidden: for a role that does not work with people.
        BadInput: if `why` is no word of `LookReason`.
    """
    work.require(Act.READ_RECORD)
    found = cases.find(work, name)
    history = corrections.before(work, found)
    present = {*found.record, *(one.data_class for one in history)}
    mine = looking.look_at(work, found.id, cases.procedure(work, found), present, why)
    now = (_held(found, one, mine=one in mine) for one in DataClass if one in found.record)
    return CaseShown(
        id=found.id,
        reference=found.reference,
        now=tuple(now),
        before=tuple(_before(one, mine=one.data_class in mine) for one in history),
    )


def returned(work: UnitOfWork, thread: str, why: str = LookReason.FOLLOW_UP) -> tuple[Held, ...]:
    """What came back in a referral, oldest first, as far as the user's role may consult it.

    Raises:
        Forbidden: for a role that does not work with people.
        BadInput: if `why` is no word of `LookReason`.
    """
    row = entitled(work, thread, Act.READ_RECORD)
    rows = _returned(work, row)
    mine = looking.look(work, row, {one.data_class for one in rows}, why)
    return tuple(
        Held(
            data_class=one.data_class,
            fields=readable(one.data_class, one.fields) if one.data_class in mine else {},
            readable=one.data_class in mine,
            at=one.came_at,
            by=one.peer,
        )
        for one in rows
    )


def _returned(work: UnitOfWork, row: ReferralRow) -> list[ReturnedRow]:
    mine = (ReturnedRow.peer == row.peer, ReturnedRow.thread == row.thread)
    found = select(ReturnedRow).where(*mine).order_by(ReturnedRow.came_at, ReturnedRow.jti, ReturnedRow.data_class)
    return list(work.session.scalars(found))


def _held(row: CaseRow, name: str, *, mine: bool) -> Held:
    fields = row.record[name]
    return Held(
        data_class=name,
        fields=readable(name, fields) if mine and isinstance(fields, dict) else {},
        readable=mine,
        at=row.imported_at,
        by=row.imported_by,
    )


def _before(row: CaseHistoryRow, *, mine: bool) -> Held:
    return Held(
        data_class=row.data_class,
        fields=readable(row.data_class, row.fields) if mine else {},
        readable=mine,
        at=row.held_until,
        by=row.changed_by,
        reason=row.reason if mine else NOT_YOURS,
    )
