"""When follow-ups are due: months after the confirmed arrival, at closing time where the person now lives.

Months are counted on the local date of arrival. Where a month has no such day its last day stands for it: 31 January
and one month is 28 or 29 February, and two months is 31 March again, because each is counted from the arrival.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from relevo.domain.working_time import Calendar

MONTHS_IN_YEAR = 12


@dataclass(frozen=True, kw_only=True)
class FollowUpDue:
    """The follow-up of one month, and the moment, in UTC, by which it is due."""

    month: int
    at: datetime


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month."""
    years, month = divmod(day.month - 1 + months, MONTHS_IN_YEAR)
    year, month = day.year + years, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


def schedule(arrived_at: datetime, months: Iterable[int], calendar: Calendar) -> tuple[FollowUpDue, ...]:
    """The follow-ups after an arrival, by the origin's `calendar`, in the order of `months`."""
    arrived_on = calendar.local_date(arrived_at)
    return tuple(FollowUpDue(month=month, at=calendar.closing(add_months(arrived_on, month))) for month in months)


def next_due(planned: Sequence[FollowUpDue], reported: Iterable[int]) -> FollowUpDue | None:
    """The first follow-up whose month is not among those `reported`; None if all are."""
    done = frozenset(reported)
    return next((one for one in planned if one.month not in done), None)
