"""What an origin keeps of a referral in tables of its own, and how it is erased.

    what the host stated, and before   class by class
    what was reassessed here           class by class
    what was found and said            class by class, inside each report
    how a change of consent was taken  with `consent`
    attempts to reach the person       with `contact`
    services nobody took up            with `needs`, and so do the reasons that were given on the way
    services an organisation took up   its own record: category, organisation, status and dates; goes with the last
    parts that organisations got       are chased (`origin_node.chasing`)

Source: Reintegration Handbook, 4.1.3; docs/adr/0022-what-goes-and-what-stays-after-a-withdrawal.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, TypeVar

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from origin_node import chasing, statements
from origin_node.statements import fields_without
from origin_node.tables import (
    AssignmentEventRow,
    AssignmentRow,
    ConsentTakenRow,
    ContactAttemptRow,
    GivenRow,
    ReportRow,
)
from origin_node.tables_record import AssessedRow, StatedBeforeRow, StruckRow
from relevo.delivery.node import Holdings
from relevo.domain.assignment import AssignmentStatus
from relevo.domain.data_classes import DataClass
from relevo.domain.retention import EVERY_CLASS
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

Classed = TypeVar("Classed", StatedBeforeRow, AssessedRow)
NOT_TAKEN_UP = frozenset({AssignmentStatus.OFFERED, AssignmentStatus.DECLINED})


def classes(work: UnitOfWork, row: ReferralRow) -> frozenset[str]:
    """The data classes that were stated or found here, or reported."""
    session = work.session
    before = {one.data_class for one in _kept(session, StatedBeforeRow, row)}
    assessed = {one.data_class for one in _kept(session, AssessedRow, row)}
    reported = (name for one in _reports(session, row) for name in one.fields)
    return frozenset((*statements.of(session, row), *before, *assessed, *reported)) & EVERY_CLASS


def _kept(session: Session, table: type[Classed], row: ReferralRow) -> list[Classed]:
    return list(session.scalars(select(table).where(table.peer == row.peer, table.thread == row.thread)))


def erase(work: UnitOfWork, row: ReferralRow, gone: frozenset[str]) -> None:
    """Erase some classes, and ask the organisations that got something of them to do the same."""
    session = work.session
    statements.take_out(session, row, gone)
    for report in _reports(session, row):
        report.fields = {name: fields for name, fields in report.fields.items() if name not in gone}
    for table in (AssessedRow, StatedBeforeRow):
        session.execute(delete(table).where(_of(table, row), table.data_class.in_(gone)))
    _forget_reasons(session, row)
    if DataClass.CONSENT in gone:
        session.execute(update(ConsentTakenRow).where(_of(ConsentTakenRow, row)).values(account={}))
    if DataClass.CONTACT in gone:
        session.execute(delete(ContactAttemptRow).where(_of(ContactAttemptRow, row)))
    if DataClass.NEEDS in gone:
        session.execute(delete(AssignmentEventRow).where(_of(AssignmentEventRow, row)))
        _leave_own_record(session, row)
    chasing.chase_classes(work, row, gone)
    session.flush()


def close(work: UnitOfWork, row: ReferralRow, paths: frozenset[str]) -> None:
    """Erase classes and fields that the person has closed while the referral goes on; services and attempts go on."""
    session = work.session
    statements.take_out(session, row, paths)
    known: tuple[StatedBeforeRow | AssessedRow, ...] = (
        *_kept(session, StatedBeforeRow, row),
        *_kept(session, AssessedRow, row),
    )
    for one in known:
        if one.data_class in paths:
            session.delete(one)
        else:
            one.fields = fields_without(one.data_class, one.fields, paths)
    for report in _reports(session, row):
        report.fields = {
            name: fields_without(name, fields, paths) if isinstance(fields, dict) else fields
            for name, fields in report.fields.items()
            if name not in paths
        }
    _forget_reasons(session, row)
    session.flush()


def _forget_reasons(session: Session, row: ReferralRow) -> None:
    """Why something was wrong can tell what stood there; it goes with the first class that goes."""
    session.execute(update(StruckRow).where(_of(StruckRow, row)).values(reason=""))
    session.execute(update(StatedBeforeRow).where(_of(StatedBeforeRow, row)).values(reason=None))


def drop(work: UnitOfWork, row: ReferralRow) -> None:
    """Erase what is left: the organisations' own record, and what was given and confirmed as erased."""
    for table in (AssignmentRow, AssignmentEventRow, ReportRow, ContactAttemptRow, StruckRow, ConsentTakenRow):
        work.session.execute(delete(table).where(_of(table, row)))
    confirmed = GivenRow.confirmed_at.is_not(None)
    work.session.execute(delete(GivenRow).where(_of(GivenRow, row), confirmed))


def _leave_own_record(session: Session, row: ReferralRow) -> None:
    """Of the services those stay that an organisation took up, by category alone; details can tell of the person."""
    rows = list(session.scalars(select(AssignmentRow).where(_of(AssignmentRow, row)).order_by(AssignmentRow.service)))
    for one in rows:
        if one.status in NOT_TAKEN_UP:
            session.delete(one)
    session.flush()
    taken = [one for one in rows if one.status not in NOT_TAKEN_UP]
    for one, name in zip(taken, _numbered(one.service.partition(":")[0] for one in taken), strict=True):
        one.service, one.because = name, None


def _numbered(categories: Iterable[str]) -> list[str]:
    """Each category, with a number from the second of its kind on: a service is named only once in a referral."""
    found: list[str] = []
    for category in categories:
        before = sum(name.partition(":")[0] == category for name in found)
        found.append(f"{category}:{before + 1}" if before else category)
    return found


def _reports(session: Session, row: ReferralRow) -> list[ReportRow]:
    return list(session.scalars(select(ReportRow).where(_of(ReportRow, row))))


Kept: TypeAlias = (
    StatedBeforeRow
    | AssessedRow
    | StruckRow
    | AssignmentRow
    | AssignmentEventRow
    | ContactAttemptRow
    | ReportRow
    | GivenRow
    | ConsentTakenRow
)


def _of(table: type[Kept], row: ReferralRow) -> ColumnElement[bool]:
    return (table.peer == row.peer) & (table.thread == row.thread)


HOLDINGS = Holdings(classes=classes, erase=erase, drop=drop, asked=chasing.asked)
