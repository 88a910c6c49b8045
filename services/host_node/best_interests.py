"""Best-interests reviews: whether a referral is good for a child whom no legal guardian speaks for.

A review is an act of a coordinator of this node, never imported. The newest one of a case speaks; until there is one,
nothing about the child leaves (`relevo.domain.minors`).
"""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from host_node.case_file_json import day_of
from host_node.tables import BestInterestsRow, CaseRow
from relevo.domain.access import Act
from relevo.domain.consent import Consent
from relevo.domain.data_classes import DataClass
from relevo.domain.minors import BestInterests, Subject, minor_reasons, speaks_alone
from relevo.domain.sop import Sop
from relevo.errors import BadInput, Reason
from relevo.storage.appending import ask
from relevo.storage.unit_of_work import UnitOfWork

SEPARATED = frozenset({"separated child", "separated-child", "unaccompanied child", "unaccompanied-child"})
"""Markers of the class `vulnerability` which say that nobody with parental responsibility is there."""

_NEWEST = (
    select(BestInterestsRow)
    .where(BestInterestsRow.case == bindparam("case"))
    .order_by(BestInterestsRow.id.desc())
    .limit(1)
)


def review(work: UnitOfWork, case: CaseRow, decision: str, ground: str) -> BestInterestsRow:
    """Record what a coordinator decided, and on what ground.

    Raises:
        Forbidden: for anybody else.
        BadInput: without a ground, or for an unknown decision.
    """
    work.require(Act.REVIEW_BEST_INTERESTS)
    if decision not in frozenset(BestInterests):
        raise BadInput(f"must be one of {', '.join(BestInterests)}", field="decision")
    if not ground.strip():
        raise BadInput("say in a sentence on what ground", field="ground")
    row = BestInterestsRow(
        case=case.id, decision=decision, ground=ground, reviewed_at=work.at, reviewed_by=work.user.name
    )
    work.session.add(row)
    work.session.flush()
    return row


def newest(session: Session, case: CaseRow) -> BestInterestsRow | None:
    """The review that speaks for a case."""
    return session.scalar(_NEWEST, {"case": case.id})


def reasons(work: UnitOfWork, case: CaseRow, consent: Consent | None, sop: Sop) -> tuple[Reason, ...]:
    """Why nothing about this person may leave yet because they are, or may be, a child."""
    subject, on, adult_from = subject_of(case), work.at.astimezone(UTC).date(), sop.consent.adult_from
    if speaks_alone(subject, consent, on=on, adult_from=adult_from):
        return ()
    found = ask(work.session, _NEWEST, {"case": case.id}).first()
    decision = BestInterests(found.decision) if found else None
    return minor_reasons(subject, consent, decision, on=on, adult_from=adult_from)


def subject_of(case: CaseRow) -> Subject:
    """What a case says about age and parents of its person."""
    identity, signs = case.record.get(DataClass.IDENTITY_MIN), case.record.get(DataClass.VULNERABILITY)
    known = identity if isinstance(identity, dict) else {}
    year, markers = known.get("birth_year"), signs.get("markers") if isinstance(signs, dict) else None
    named = {str(one).casefold() for one in markers} if isinstance(markers, list) else set[str]()
    return Subject(
        birth_date=day_of(known.get("birth_date")),
        birth_year=year if isinstance(year, int) else None,
        separated=case.separated or not SEPARATED.isdisjoint(named),
    )
