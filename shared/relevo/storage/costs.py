"""Costs as a node keeps them: every proposal and report of a referral, and which proposal stands.

What stands follows from the rows alone (`relevo.domain.costs.standing`): two nodes with the same messages agree.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.domain.costs import Proposal, standing
from relevo.storage.tables import ReferralRow
from relevo.storage.tables_record import CostsRow

PLAN, REPORT = "plan", "report"


class CostsState(StrEnum):
    """What became of costs that somebody proposed or reported."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    SUPERSEDED = "superseded"
    REPORTED = "reported"


def rows(session: Session, row: ReferralRow, kind: str) -> list[CostsRow]:
    """The plans, or the reports, of a referral, in the order of their messages."""
    mine = (CostsRow.peer == row.peer, CostsRow.thread == row.thread, CostsRow.kind == kind)
    return list(session.scalars(select(CostsRow).where(*mine).order_by(CostsRow.jti)))


def current(session: Session, row: ReferralRow) -> CostsRow | None:
    """The proposal that stands, agreed or not; None if there is none, or everything was erased."""
    found = {one.jti: one for one in rows(session, row, PLAN) if one.fields}
    stands = standing(Proposal(jti=one.jti, replaces=one.replaces) for one in found.values())
    return found[stands] if stands is not None else None


def keep(session: Session, row: ReferralRow, costs: CostsRow) -> None:
    """Keep one more plan or report, and set right what stands."""
    session.add(costs)
    session.flush()
    settle(session, row)


def settle(session: Session, row: ReferralRow) -> None:
    """Set the state of every plan of a referral to what follows from all of them."""
    stands = current(session, row)
    for one in rows(session, row, PLAN):
        agreed = CostsState.AGREED if one.agreed_at is not None else CostsState.PROPOSED
        one.state = agreed if stands is not None and one.jti == stands.jti else CostsState.SUPERSEDED
    session.flush()


def forget(session: Session, row: ReferralRow, side: str | None = None) -> None:
    """Erase what was planned and spent, by one side or both; that somebody proposed, agreed and reported stays."""
    for kind in (PLAN, REPORT):
        for one in rows(session, row, kind):
            if side in {None, one.side}:
                one.fields, one.proofs = {}, []
