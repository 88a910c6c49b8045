from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.domain.follow_up import FollowUpDue, FollowUpNotPlanned, add_months, next_due, require_planned, schedule
from relevo.domain.sides import Side
from relevo.domain.sop import Sop

MONTHS = {
    "a month has the same day": ("2026-12-14", 1, "2027-01-14"),
    "the end of January ends in February": ("2027-01-31", 1, "2027-02-28"),
    "in a leap year on the 29th": ("2028-01-31", 1, "2028-02-29"),
    "and two months are counted from January, not from February": ("2027-01-31", 2, "2027-03-31"),
    "a leap day comes back as the 28th": ("2028-02-29", 12, "2029-02-28"),
    "a year over its end": ("2026-11-30", 3, "2027-02-28"),
    "twelve months from December": ("2026-12-31", 12, "2027-12-31"),
}


@pytest.mark.parametrize(("day", "months", "later"), MONTHS.values(), ids=MONTHS)
def test_months_are_counted_and_clamped(day: str, months: int, later: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 14, tzinfo=UTC)


def test_follow_ups_are_due_at_closing_time_where_the_person_lives(es_ge: Sop) -> None:
    arrived_at = datetime.fromisoformat("2026-11-30T02:40+04:00")
    assert schedule(arrived_at, (1, 3), es_ge.calendars[Side.ORIGIN]) == (
        FollowUpDue(month=1, since=_at(2026, 11, 30), at=_at(2026, 12, 30)),
        FollowUpDue(month=3, since=_at(2027, 1, 30), at=_at(2027, 2, 28)),
    )


def test_closing_time_is_local_in_summer_too(de_rs: Sop) -> None:
    arrived_at = datetime.fromisoformat("2027-01-06T13:05+01:00")
    one, six = schedule(arrived_at, (1, 6), de_rs.calendars[Side.ORIGIN])
    assert (one.at.hour, six.at.hour) == (15, 14)


def test_the_next_follow_up_is_the_first_that_was_not_reported(es_ci: Sop) -> None:
    planned = schedule(datetime(2026, 12, 14, 19, 35, tzinfo=UTC), (1, 3, 6, 12), es_ci.calendars[Side.ORIGIN])
    assert next_due(planned, []) == planned[0]
    assert next_due(planned, [1, 6]) == planned[1]
    assert next_due(planned, [1, 3, 6, 12]) is None


def test_a_month_that_the_procedure_does_not_plan_is_not_asked_about() -> None:
    require_planned(3, (1, 3, 6, 12))
    with pytest.raises(FollowUpNotPlanned, match="planned: 1, 3, 6, 12") as refused:
        require_planned(2, (12, 1, 3, 6))
    assert (refused.value.code, refused.value.field) == ("follow-up-not-planned", "month")


@settings(max_examples=60)
@given(day=st.dates(date(2026, 1, 1), date(2040, 1, 1)), months=st.integers(1, 24))
def test_a_month_later_is_in_that_month_and_never_on_a_later_day(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
