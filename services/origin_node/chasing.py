"""Asking organisations that were given a part of a profile to erase it too."""

from __future__ import annotations

from sqlalchemy import select

from origin_node.tables import GivenRow
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def chase(work: UnitOfWork, row: ReferralRow, organisation: str | None = None) -> None:
    """Ask one organisation, or all that were given a part, to erase it; who confirmed is not asked again."""
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread, GivenRow.confirmed_at.is_(None))
    for given in work.session.scalars(select(GivenRow).where(*mine)):
        if organisation in {None, given.organisation}:
            given.presentation, given.chased_at = None, given.chased_at or work.at
            given.ended_at = given.ended_at or work.at
