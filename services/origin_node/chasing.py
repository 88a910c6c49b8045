"""What was given to an organisation is asked back."""

from __future__ import annotations

from sqlalchemy import select

from origin_node.tables import GivenRow
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def chase(work: UnitOfWork, row: ReferralRow, organisation: str | None = None) -> None:
    """Ask one organisation, or all that were given a part of this referral, to erase it."""
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread, GivenRow.chased_at.is_(None))
    for given in work.session.scalars(select(GivenRow).where(*mine)):
        if organisation in (None, given.organisation):
            given.chased_at, given.presentation = work.at, None
    work.session.flush()
