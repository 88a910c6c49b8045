"""When follow-ups are due: months after the confirmed arrival, at closing time where the person now lives.

Months are counted on the local date of arrival. Where a month has no such day its last day stands for it: 31 January
and one month is 28 or 29 February, and two months is 31 March again, because each is counted from the arrival.
What the SOP does not plan is not reported: asking people more often than was agreed is no follow-up.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from relevo.domain.working_time import Calendar

MONTHS_IN_YEAR = 12


class FollowUpNotPlanned(Refusal):
    """The procedure plans no follow-up for this month."""

    code = "follow-up-not-planned"
    rule = "follow-up.planned"
    clause = "follow_up_months"
    advice = "Report it for one of the months that are named; what cannot wait, report on the service itself."


@dataclass(frozen=True, kw_only=True)
class FollowUpDue:
    """The follow-up of one month: the moments, in UTC, from which it is looked for and by which it is due."""

    month: int
    since: datetime
    at: datetime


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month."""
    years, month = divmod(day.month - 1 + months, MONTHS_IN_YEAR)
    year, month = day.year + years, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


def schedule(arrived_at: datetime, months: Iterable[int], calendar: Calendar) -> tuple[FollowUpDue, ...]:
    """The follow-ups after an arrival, by the origin's `calendar`, in the order of `months`."""
    arrived_on = calendar.local_date(arrived_at)
    return tuple(
        FollowUpDue(
            month=month,
            since=calendar.closing(add_months(arrived_on, month - 1)),
            at=calendar.closing(add_months(arrived_on, month)),
        )
        for month in months
    )


def require_planned(month: int, planned: Collection[int]) -> None:
    """Whether the procedure plans a follow-up for `month`.

    Raises:
        FollowUpNotPlanned: naming the months that it does plan.
    """
    if month not in planned:
        months = ", ".join(str(one) for one in sorted(planned))
        raise FollowUpNotPlanned(detail=f"no follow-up is planned for this month; planned: {months}", field="month")


def next_due(planned: Sequence[FollowUpDue], reported: Iterable[int]) -> FollowUpDue | None:
    """The first follow-up whose month is not among those `reported`; None if all are."""
    done = frozenset(reported)
    return next((one for one in planned if one.month not in done), None)
