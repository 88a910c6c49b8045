"""Follow-ups: how it stands a number of months after the confirmed arrival.

A follow-up tells where every service stands. The ones that moved since are given with it and go through the same
table as any other report; outcome and the person's words are kept and returned by the rule of `origin_node.reports`.
Source: Reintegration Handbook, 4.1.3 (follow-up and continuity of assistance).
"""

from __future__ import annotations

from collections.abc import Mapping

from origin_node import assignments, reports
from origin_node.taking import Words, entitled, say
from relevo.delivery import duties
from relevo.delivery.looking import entering, sop_of
from relevo.delivery.steps import NOTHING
from relevo.domain.access import Act
from relevo.domain.deadlines import FOLLOW_UP
from relevo.domain.first_contact import PersonDied
from relevo.domain.follow_up import require_planned
from relevo.errors import Conflict
from relevo.messages.content import Fields
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


class ArrivalUnconfirmed(Conflict):
    """Nobody has confirmed that the person arrived."""

    code = "arrival-unconfirmed"
    rule = "follow-up.schedule"
    clause = "follow_up_months"
    advice = "Confirm the arrival first; the months of a follow-up are counted from it."


def report(
    work: UnitOfWork, thread: str, month: int, *, moved: Mapping[str, str], results: Fields = NOTHING
) -> ReferralRow:
    """Report the follow-up of a month.

    Args:
        work: the transaction.
        thread: the referral.
        month: counted from the arrival; one that the procedure plans.
        moved: service -> status, for those that moved on since the last report.
        results: the classes `outcome` and `feedback`, as far as there is something to say.

    Raises:
        ArrivalUnconfirmed: if no arrival was confirmed.
        FollowUpNotPlanned: for a month that the procedure does not plan, naming those that it does.
        PersonDied: after a death all contact stops.
        IllegalStep: if a service cannot move there, or no follow-up is possible now.
        ClassInvalid, StepInvalid: naming every field that does not fit.
        NotYours: if the role may not write one of the classes down.
    """
    row = entitled(work, thread, Act.REPORT_FOLLOW_UP)
    if row.arrived_at is None:
        raise ArrivalUnconfirmed
    if duties.is_over_by_death(work, row):
        raise PersonDied(field="month")
    sop = sop_of(work, row)
    require_planned(month, sop.follow_up_months)
    entering(work, sop, results)
    for service, status in moved.items():
        assignments.move(work, row, service, status)
    kept = reports.checked(results)
    told = say(work, row, FOLLOW_UP, _words(work, row, month), reports.returning(work, row, kept))
    reports.keep(work, row, told, kept, month=month)
    return row


def _words(work: UnitOfWork, row: ReferralRow, month: int) -> Words:
    standing = [{"service": one.service, "status": one.status} for one in assignments.of(work, row)]
    return {"month": month, "at": work.at.isoformat(), "services": standing}
