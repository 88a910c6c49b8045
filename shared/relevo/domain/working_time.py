"""When a time that was given runs out.

Hours are clock hours. Days are working days of whoever must act: the first one counted is the next working day after
the local date on which the clock starts, and the last one ends at closing time, in their zone. Weekend and holidays
are written in the SOP, so that both nodes and an auditor compute the same moment for ever.

    put Thursday 2027-01-07, 2 days, Belgrade, closes 16:00 -> Friday, Monday 2027-01-11T15:00Z
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, time
    from zoneinfo import ZoneInfo

DAYS_IN_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When one side works.

    `weekend` holds weekdays as `date.weekday()` counts them (Monday 0, Sunday 6); `opens` and `closes` are local
    times in `zone`; `holidays` are local dates.
    """

    zone: ZoneInfo
    weekend: frozenset[int]
    opens: time
    closes: time
    holidays: frozenset[date]

    def __post_init__(self) -> None:
        if self.weekend >= set(range(DAYS_IN_WEEK)):
            raise ValueError("a week without a working day has no working time")

    def is_working_day(self, day: date) -> bool:
        """Whether people work on the local date `day`."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def is_working(self, at: datetime) -> bool:
        """Whether people are at work at `at`: on a working day, from the opening until before closing time."""
        local = aware(at).astimezone(self.zone)
        return self.is_working_day(local.date()) and self.opens <= local.time() < self.closes

    def local_date(self, at: datetime) -> date:
        """The date in this zone at `at`."""
        return aware(at).astimezone(self.zone).date()

    def closing(self, day: date) -> datetime:
        """Closing time of the local date `day`, in UTC."""
        return datetime.combine(day, self.closes, tzinfo=self.zone).astimezone(UTC)


def aware(at: datetime) -> datetime:
    """`at`, if it says in which zone it is.

    Raises:
        ValueError: if it does not; a moment without a zone would be read in the zone of the machine.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return at


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Whether `day` is a working day by `calendar`."""
    return calendar.is_working_day(day)


def after_hours(at: datetime, hours: int) -> datetime:
    """The moment `hours` clock hours after `at`, in UTC."""
    return aware(at).astimezone(UTC) + timedelta(hours=hours)


def after_working_days(at: datetime, days: int, calendar: Calendar) -> datetime:
    """Closing time, in UTC, of the last of `days` working days that begin after `at`'s local date.

    Raises:
        ValueError: if `days` is less than 1 or `at` has no zone.
    """
    if days < 1:
        raise ValueError("count at least one working day")
    return _closing_after(calendar.local_date(at), days, calendar)


@lru_cache(maxsize=256)
def _closing_after(day: date, days: int, calendar: Calendar) -> datetime:
    """Counted once for all referrals of a day."""
    for _ in range(days):
        day = _next_working_day(day, calendar)
    return calendar.closing(day)


def _next_working_day(day: date, calendar: Calendar) -> date:
    day += timedelta(days=1)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return day
