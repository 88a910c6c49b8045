"""Marking a report or an assessment of this node as entered in error.

Nothing is deleted by it: the entry stays where it stands, struck, with the reason, who said so and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from origin_node.tables import ReportRow
from origin_node.tables_record import AssessedRow, StruckRow
from origin_node.taking import entitled
from relevo.delivery.looking import entering, sop_of
from relevo.domain.access import Act
from relevo.errors import BadInput, Conflict, NotFound
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


class Entry(StrEnum):
    """What of ours can be struck."""

    REPORT = "report"
    ASSESSMENT = "assessment"


class StruckAlready(Conflict):
    """This entry was struck before."""

    code = "struck-already"
    rule = "record.struck"
    advice = "The entry stays struck. Write down what holds as a new entry."


def strike(work: UnitOfWork, thread: str, what: str, entry: int, reason: str) -> StruckRow:
    """Mark a report or an assessment of this node as entered in error; it stays, and is shown struck.

    Raises:
        NotYours: if the role may not enter what it strikes.
        NotFound: if there is no such entry in this referral.
        StruckAlready: if it was struck before.
    """
    row = entitled(work, thread, Act.REASSESS)
    if what not in set(Entry):
        raise BadInput(f"an entry is one of {', '.join(Entry)}", field="what")
    if not reason.strip():
        raise BadInput("say why it was wrong, in one line", field="reason")
    entering(work, sop_of(work, row), _classes_of(work.session, row, what, entry))
    if entry in struck(work.session, row, what):
        raise StruckAlready
    marked = StruckRow(
        peer=row.peer,
        thread=row.thread,
        what=what,
        entry=entry,
        reason=reason.strip(),
        at=work.at,
        struck_by=work.user.name,
    )
    work.session.add(marked)
    work.session.flush()
    return marked


def struck(session: Session, row: ReferralRow, what: str) -> Mapping[int, StruckRow]:
    """What was struck in a referral, by the number of the entry."""
    mine = (StruckRow.peer == row.peer, StruckRow.thread == row.thread, StruckRow.what == what)
    return {one.entry: one for one in session.scalars(select(StruckRow).where(*mine))}


def _classes_of(session: Session, row: ReferralRow, what: str, entry: int) -> list[str]:
    """The data classes of an entry of this referral."""
    found: ReportRow | AssessedRow | None = (
        session.get(ReportRow, entry) if what == Entry.REPORT else session.get(AssessedRow, entry)
    )
    if found is None or (found.peer, found.thread) != (row.peer, row.thread):
        raise NotFound("this referral has no such entry; `profile` and `reports` show their numbers")
    return [found.data_class] if isinstance(found, AssessedRow) else sorted(found.fields)
