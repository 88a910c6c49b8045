from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.domain.sides import Side
from relevo.domain.sop import Sop
from relevo.domain.working_time import Calendar, after_hours, after_working_days, is_working_day

MADRID = Calendar(
    zone=ZoneInfo("Europe/Madrid"),
    weekend=frozenset({5, 6}),
    opens=time(9),
    closes=time(17),
    holidays=frozenset({date(2026, 12, 8), date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 6)}),
)
BAGHDAD = Calendar(
    zone=ZoneInfo("Asia/Baghdad"), weekend=frozenset({4, 5}), opens=time(8), closes=time(15), holidays=frozenset()
)
KIRITIMATI = Calendar(
    zone=ZoneInfo("Pacific/Kiritimati"), weekend=frozenset({5, 6}), opens=time(9), closes=time(17), holidays=frozenset()
)

COUNTED = {
    "one day from a Monday morning is Tuesday's closing time": (
        "2026-11-23T08:00+01:00",
        1,
        MADRID,
        "2026-11-24T16:00Z",
    ),
    "the hour at which it starts does not matter": ("2026-11-23T23:59+01:00", 1, MADRID, "2026-11-24T16:00Z"),
    "the date is the local one, not that of UTC": ("2026-11-23T23:30Z", 1, MADRID, "2026-11-25T16:00Z"),
    "a Friday counts from Monday on": ("2026-11-27T12:00+01:00", 1, MADRID, "2026-11-30T16:00Z"),
    "a weekend counts from Monday on": ("2026-11-28T12:00+01:00", 1, MADRID, "2026-11-30T16:00Z"),
    "a holiday is not counted": ("2026-12-07T12:00+01:00", 1, MADRID, "2026-12-09T16:00Z"),
    "holiday and weekend after one another are not counted": (
        "2026-12-24T12:00+01:00",
        2,
        MADRID,
        "2026-12-29T16:00Z",
    ),
    "ten days over new year": ("2026-12-23T12:00+01:00", 10, MADRID, "2027-01-11T16:00Z"),
    "a weekend of Friday and Saturday": ("2026-12-03T04:10+03:00", 2, BAGHDAD, "2026-12-07T12:00Z"),
    "far east of UTC it is already tomorrow": ("2026-11-23T11:00Z", 1, KIRITIMATI, "2026-11-25T03:00Z"),
    "closing time is local before the clocks go forward": ("2027-03-25T12:00+01:00", 1, MADRID, "2027-03-26T16:00Z"),
    "closing time is local after the clocks went forward": ("2027-03-26T12:00+01:00", 1, MADRID, "2027-03-29T15:00Z"),
    "closing time is local after the clocks went back": ("2027-10-29T12:00+02:00", 1, MADRID, "2027-11-01T16:00Z"),
}


@pytest.mark.parametrize(("start", "days", "calendar", "end"), COUNTED.values(), ids=COUNTED)
def test_working_days_end_at_closing_time(start: str, days: int, calendar: Calendar, end: str) -> None:
    ended = after_working_days(datetime.fromisoformat(start), days, calendar)
    assert ended == datetime.fromisoformat(end)
    assert ended.tzinfo is UTC


def test_a_question_put_on_orthodox_christmas_counts_from_the_friday_after(de_rs: Sop) -> None:
    put = datetime.fromisoformat("2027-01-07T11:00+01:00")
    belgrade = de_rs.calendars[Side.ORIGIN]
    assert not is_working_day(date(2027, 1, 7), belgrade)
    assert after_working_days(put, 1, belgrade) == datetime(2027, 1, 8, 15, tzinfo=UTC)
    assert after_working_days(put, 2, belgrade) == datetime(2027, 1, 11, 15, tzinfo=UTC)


HOURS = {
    "through the night": ("2026-12-03T04:10+03:00", 24, "2026-12-04T01:10Z"),
    "through the hour that is left out in spring": ("2027-03-27T12:00+01:00", 24, "2027-03-28T13:00+02:00"),
    "through the hour that comes twice in autumn": ("2026-10-24T12:00+02:00", 24, "2026-10-25T11:00+01:00"),
}


@pytest.mark.parametrize(("start", "hours", "end"), HOURS.values(), ids=HOURS)
def test_hours_run_by_the_clock(start: str, hours: int, end: str) -> None:
    ended = after_hours(datetime.fromisoformat(start), hours)
    assert ended == datetime.fromisoformat(end)
    assert ended.tzinfo is UTC


def test_a_moment_without_its_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22, 9)  # noqa: DTZ001 (it is what must be refused)
    with pytest.raises(ValueError, match="needs its zone"):
        after_hours(naive, 1)
    with pytest.raises(ValueError, match="needs its zone"):
        after_working_days(naive, 1, MADRID)


def test_no_days_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        after_working_days(datetime(2026, 11, 22, 9, tzinfo=UTC), 0, MADRID)


def test_a_week_without_a_working_day_is_refused() -> None:
    with pytest.raises(ValueError, match="working day"):
        Calendar(
            zone=ZoneInfo("UTC"), weekend=frozenset(range(7)), opens=time(9), closes=time(17), holidays=frozenset()
        )


MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)


@settings(max_examples=60)
@given(start=MOMENTS, days=st.integers(1, 30))
def test_the_last_day_is_a_working_day_and_exactly_so_many_lie_between(start: datetime, days: int) -> None:
    first = MADRID.local_date(start)
    last = MADRID.local_date(after_working_days(start, days, MADRID))
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert is_working_day(last, MADRID)
    assert sum(is_working_day(day, MADRID) for day in between) == days


@settings(max_examples=60)
@given(start=MOMENTS, days=st.integers(1, 20), later=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_who_starts_later_is_never_due_earlier(start: datetime, days: int, later: timedelta) -> None:
    assert after_working_days(start, days, MADRID) <= after_working_days(start + later, days, MADRID)
