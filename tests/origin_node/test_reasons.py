"""Why something was wrong is for whoever may read what it was; and what a role may not write it cannot write at all."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from origin_node import plan, profile, reassessment, striking
from origin_node.tables_record import AssessedRow
from relevo.delivery import clinical
from relevo.domain.access import Role
from relevo.domain.access_to_data import NOT_YOURS, NotYours
from relevo.protocol.sop_signature import sop_digest
from relevo.protocol.strict_json import JsonObject
from relevo.storage import referrals
from relevo.storage.tables import SopRow
from relevo.storage.unit_of_work import User
from support.origin_desk import USERS, Desk

WHY = "the plan that she spoke of was another's"
RISK = {"mental-health-risk": {"level": "high", "note": "invented"}}
CLINICIAN = User(name="clara", role=Role.CLINICIAN)


@pytest.fixture
def struck(accepted: Desk) -> Desk:
    """A risk that was found, struck as an error, and corrected by the host."""
    with accepted.node.write(CLINICIAN) as work:
        reassessment.reassess(work, accepted.thread, RISK)
        (entry,) = work.session.scalars(select(AssessedRow.id))
        striking.strike(work, accepted.thread, "assessment", entry, WHY)
    words = {"classes": ["mental-health-risk"], "reason": WHY}
    for fields in RISK, {"mental-health-risk": {"level": "low"}}:
        accepted.learn("corrected", words, fields)
    return accepted


@pytest.mark.parametrize(("user", "reads"), [(CLINICIAN, True), (USERS[Role.CASE_WORKER], False)])
def test_the_reason_is_read_by_whoever_may_read_the_class(struck: Desk, user: User, *, reads: bool) -> None:
    with struck.node.write(user) as work:
        found = profile.read(work, struck.thread)
        row = referrals.by_thread(work.session, struck.thread)
        told = [one.said for one in clinical.readable(work, row, referrals.timeline(work.session, row))]
    (assessed,), (before,) = found.assessed, found.before
    assert {assessed.struck, before.reason} == ({WHY} if reads else {NOT_YOURS})
    assert {said["reason"] for said in told if "reason" in said} == ({WHY} if reads else {NOT_YOURS})


def test_who_may_not_write_plans_down_agrees_none(accepted: Desk) -> None:
    given: JsonObject = {"agreed_on": "2026-12-20", "actions": [{"service": "housing"}]}
    with accepted.node.write() as work:
        row = work.session.scalars(select(SopRow)).one()
        before, head, after = row.text.partition("[access.origin.case-worker]")
        assert '"plan"' in after.partition("consult")[0]
        row.text = before + head + after.replace('"plan", ', "", 1)
        row.digest = sop_digest(row.text.encode())
        referrals.by_thread(work.session, accepted.thread).sop = row.digest
    with pytest.raises(NotYours), accepted.by(Role.CASE_WORKER) as work:
        plan.agree(work, accepted.thread, given)
