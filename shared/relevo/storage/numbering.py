"""Numbers for rows that SQLite would otherwise number one at a time, because the mapper asks for each number back.

SQLite gives a new row the number after the highest; a transaction that writes is alone there, so it can count itself.
Rows get their numbers in the order in which they were added. PostgreSQL numbers many rows at once by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from relevo.storage.tables import DutyRow, StepRow


def number(session: Session, _context: object, _instances: Sequence[object] | None) -> None:
    """Number the new steps and duties of a session, before they are written."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for table in (StepRow, DutyRow):
        new = [row for row in session.new if isinstance(row, table) and row.id is None]
        if len(new) > 1:
            with session.no_autoflush:
                last = session.scalar(select(func.max(table.id))) or 0
            for number, row in enumerate(new, start=last + 1):
                row.id = number
