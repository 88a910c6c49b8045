"""The complete record of a referral as the origin has it: its seven parts, which are missing and since when.

    contacts        a way to reach the person, or that there is to be none      communication   attempts to reach them
    assessments     needs, vulnerability or health, stated or found here         comments        the person's own words
    plan            the plan, agreed or reported                                 other           everything beyond
    monitoring      follow-ups and reports on services

What was struck as entered in error makes no part present. Facts are asked for, values are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select

from origin_node import reassessment, statements, striking
from origin_node.striking import Entry
from origin_node.tables import ReportRow
from origin_node.taking import entitled
from relevo.delivery import looking
from relevo.domain import record
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.domain.record import PartStanding, RecordFacts, facts_of
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def show(work: UnitOfWork, thread: str) -> tuple[PartStanding, ...]:
    """The seven parts of the record, present or missing since when."""
    row = entitled(work, thread, Act.READ_RECORD)
    return record.standing(_facts(work, row), looking.sop_of(work, row), work.at)


def missing(work: UnitOfWork, thread: str) -> tuple[PartStanding, ...]:
    """The parts that should be there by now and are not; what closing warns of."""
    row = entitled(work, thread, Act.READ_RECORD)
    return record.missing(_facts(work, row), looking.sop_of(work, row), work.at)


def _facts(work: UnitOfWork, row: ReferralRow) -> RecordFacts:
    steps = [(one.step, one.at) for one in referrals.steps(work.session, row)]
    return facts_of(
        opened_at=row.opened_at,
        arrived_at=row.arrived_at,
        classes=(*_stated(work, row), *_reported(work, row)),
        steps=steps,
    )


def _stated(work: UnitOfWork, row: ReferralRow) -> Iterator[tuple[str, datetime]]:
    for name, one in statements.of(work.session, row).items():
        yield name, one.stated_at
    struck = striking.struck(work.session, row, Entry.ASSESSMENT)
    for found in reassessment.assessed(work.session, row):
        if found.id not in struck:
            yield found.data_class, found.at


def _reported(work: UnitOfWork, row: ReferralRow) -> Iterable[tuple[str, datetime]]:
    struck = striking.struck(work.session, row, Entry.REPORT)
    mine = (ReportRow.peer == row.peer, ReportRow.thread == row.thread)
    rows = work.session.scalars(select(ReportRow).where(*mine).order_by(ReportRow.id))
    return [(name, one.at) for one in rows if one.id not in struck for name in one.fields if name in set(DataClass)]
