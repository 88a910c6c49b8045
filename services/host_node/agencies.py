"""The agencies of one host: whoever works for one sees its cases and their referrals, and no others.

Somebody without an agency works for the node itself and sees all. A case belongs to the agency of whoever imported it.
To everybody else it is as if it were not here.
"""

from __future__ import annotations

from typing import TypeVarTuple

from sqlalchemy import Select, select

from host_node.tables import CaseReferralRow, CaseRow
from relevo.domain.access import Act
from relevo.errors import NotFound
from relevo.storage.referrals import by_thread
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

Columns = TypeVarTuple("Columns")


def of_theirs(work: UnitOfWork, wanted: Select[*Columns]) -> Select[*Columns]:
    """A question about `CaseRow`, narrowed to the cases that the user may see."""
    return wanted if work.user.organisation is None else wanted.where(CaseRow.agency == work.user.organisation)


def sees_case(work: UnitOfWork, case: str) -> bool:
    """Whether the user may see the case of that id."""
    return work.session.scalar(of_theirs(work, select(CaseRow.id).where(CaseRow.id == case))) is not None


def sees(work: UnitOfWork, row: ReferralRow) -> bool:
    """Whether the user may see a referral: one of a case that they may see."""
    if work.user.organisation is None:
        return True
    link = work.session.get(CaseReferralRow, row.thread)
    return link is not None and sees_case(work, link.case)


def entitled(work: UnitOfWork, thread: str, may: Act) -> ReferralRow:
    """The referral of `thread`, for a user whose role allows `may` and whose agency has its case.

    Raises:
        Forbidden: if the role does not allow it.
        NotFound: if there is no such referral, or it is another agency's.
    """
    work.require(may)
    row = by_thread(work.session, thread)
    if not sees(work, row):
        raise NotFound("there is no such referral; the list shows those that are here")
    return row
