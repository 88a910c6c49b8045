"""Whom to ask about something due: the named persons of an organisation in order, the next one as time runs out.

| when | who is asked |
| --- | --- |
| from the start | the first |
| from the moment it is due | the second |
| after each further time as long as the first one was | the next, then always the last |

While nobody works there (by the calendar in the SOP: at night, at the weekend, on a holiday) only those on duty are
asked, in the same way; if nobody is on duty, everybody is, for somebody may answer all the same.

Nothing here reads a clock or a database.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from relevo.domain.contact_list import ContactPoint
    from relevo.domain.deadlines import Due
    from relevo.domain.working_time import Calendar


def whom_to_ask(
    points: Sequence[ContactPoint], *, due: Due, started_at: datetime, at: datetime, calendar: Calendar
) -> ContactPoint | None:
    """The person who is asked at `at` about what began at `started_at`; None if nobody is named."""
    on_duty = [point for point in points if point.on_duty]
    reachable = points if calendar.is_working(at) or not on_duty else on_duty
    if not reachable:
        return None
    return reachable[min(steps_passed(due, started_at, at), len(reachable) - 1)]


def steps_passed(due: Due, started_at: datetime, at: datetime) -> int:
    """How often the matter has been handed on: once when due, and again after each further time of that length."""
    if at < due.at:
        return 0
    allowed = due.at - started_at
    return 1 + (at - due.at) // allowed if allowed > timedelta(0) else 1
