"""Costs at the origin: the verbs of `relevo.delivery.costs` for its people, and who the person is, as stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from origin_node import statements
from origin_node.taking import entitled
from relevo.delivery import costs, costs_view, looking
from relevo.delivery.costs import Given
from relevo.delivery.costs_view import CostsView
from relevo.delivery.node import Handler
from relevo.domain.access import Act
from relevo.domain.costs import Person, person_of
from relevo.domain.data_classes import DataClass
from relevo.domain.referral import Step
from relevo.messages.content import Said
from relevo.messages.cost_lines import sheet_of
from relevo.protocol.strict_json import JsonValue
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

tasks = costs_view.tasks


def plan(work: UnitOfWork, thread: str, given: Given) -> ReferralRow:
    """Propose costs to the host."""
    row = entitled(work, thread, Act.PLAN_COSTS)
    costs.plan(work, row, given, _person(work, row))
    return row


def agree(work: UnitOfWork, thread: str, of: str | None = None) -> ReferralRow:
    """Agree to the costs that the host proposed."""
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


def stated(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """Costs that come with a referral are the host's first proposal.

    Raises:
        CostsUnfit: if they do not fit the procedure.
    """
    if said.step == Step.REQUESTED and DataClass.COSTS in said.classes:
        costs.require_fit(work, row, sheet_of(said.classes[DataClass.COSTS]), _person(work, row))
        costs.began_with(work, row, referrals.steps(work.session, row)[-1], said.classes)


def _person(work: UnitOfWork, row: ReferralRow) -> Person:
    found = statements.of(work.session, row)
    identity, travel = (found[name].fields if name in found else {} for name in ("identity-min", "travel"))
    rule = looking.sop_of(work, row).consent
    return person_of(identity, travel, vulnerable=row.vulnerable, adult_from=rule.adult_from, on=row.opened_at.date())


HANDLERS: Mapping[str, Handler] = costs.handlers(_person)
"""What the origin does with what the host says of costs."""
