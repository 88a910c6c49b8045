"""Costs at the host: the verbs of `relevo.delivery.costs` for its people, and who the person is by the case.

Costs that stand in a case travel with the referral as the host's first proposal, if consent and procedure let them;
what does not fit the procedure stands in the preview and against sending (`host_node.decisions`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from host_node.agencies import entitled
from host_node.tables import CaseReferralRow, CaseRow
from relevo.delivery import costs, costs_view, looking
from relevo.delivery.costs import Given
from relevo.delivery.costs_view import CostsView
from relevo.delivery.node import Handler
from relevo.domain.access import Act
from relevo.domain.costs import Person, check, person_of
from relevo.domain.data_classes import DataClass
from relevo.domain.sop import Sop
from relevo.errors import Reason
from relevo.messages.content import Fields
from relevo.messages.cost_lines import sheet_of
from relevo.protocol.strict_json import JsonValue
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

tasks = costs_view.tasks


def plan(work: UnitOfWork, thread: str, given: Given) -> ReferralRow:
    """Propose costs to the origin."""
    row = entitled(work, thread, Act.PLAN_COSTS)
    costs.plan(work, row, given, _person(work, row))
    return row


def agree(work: UnitOfWork, thread: str, of: str | None = None) -> ReferralRow:
    """Agree to the costs that the origin proposed."""
    row = entitled(work, thread, Act.AGREE_COSTS)
    costs.agree(work, row, of)
    return row


def report(work: UnitOfWork, thread: str, given: Given, proofs: Sequence[JsonValue] = ()) -> ReferralRow:
    """Report what was spent here."""
    row = entitled(work, thread, Act.REPORT_COSTS)
    costs.report(work, row, given, proofs)
    return row


def show(work: UnitOfWork, thread: str) -> CostsView:
    """What was planned and spent, and the difference."""
    return costs_view.show(work, entitled(work, thread, Act.READ_RECORD))


def problems(record: Fields, sop: Sop, at: datetime) -> tuple[Reason, ...]:
    """What stands against the costs of a case, whose class is well formed."""
    if DataClass.COSTS not in record:
        return ()
    return check(sheet_of(record[DataClass.COSTS]), sop.costs, _person_in(record, sop, at))


def _person(work: UnitOfWork, row: ReferralRow) -> Person:
    case = work.session.get_one(CaseRow, work.session.get_one(CaseReferralRow, row.thread).case)
    record = {name: fields for name, fields in case.record.items() if isinstance(fields, dict)}
    return _person_in(record, looking.sop_of(work, row), row.opened_at)


def _person_in(record: Fields, sop: Sop, at: datetime) -> Person:
    identity, travel = record.get(DataClass.IDENTITY_MIN, {}), record.get(DataClass.TRAVEL, {})
    vulnerable = bool(record.get(DataClass.VULNERABILITY))
    adult_from = sop.consent.adult_from
    return person_of(identity, travel, vulnerable=vulnerable, adult_from=adult_from, on=at.date())


HANDLERS: Mapping[str, Handler] = costs.handlers(_person)
"""What the host does with what the origin says of costs."""
