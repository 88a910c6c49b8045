"""Whom to ask, as tables: the next one as time runs out, and who is on duty while nobody works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.domain.access import Role
from relevo.domain.contact_list import ContactPoint
from relevo.domain.deadlines import Due, Duty
from relevo.domain.escalation import steps_passed, whom_to_ask
from relevo.domain.sides import Side
from relevo.domain.sop import parse_sop
from support.pairs import sop_text

if TYPE_CHECKING:
    from collections.abc import Mapping

BELGRADE = parse_sop(sop_text("de-rs")).calendars[Side.ORIGIN]


def point(name: str, *, on_duty: bool = False) -> ContactPoint:
    return ContactPoint(name=name, role=Role.INTAKE, languages=("sr",), phone="+381 000", on_duty=on_duty)


FIRST, SECOND, THIRD = point("first"), point("second"), point("third")
DUTY, RESERVE = point("duty", on_duty=True), point("reserve", on_duty=True)
ARRIVED = datetime(2027, 1, 6, 12, 5, tzinfo=UTC)
"""Wednesday, 13:05 in Belgrade."""
DUE = Due(duty=Duty.FIRST_CONTACT, by=Side.ORIGIN, at=ARRIVED + timedelta(hours=24))
"""Thursday 7 January 2027, 13:05 in Belgrade: Orthodox Christmas."""

ASKED: Mapping[str, tuple[tuple[ContactPoint, ...], datetime, ContactPoint | None]] = {
    "the first from the start": ((FIRST, SECOND, DUTY), ARRIVED, FIRST),
    "the first until closing time": ((FIRST, SECOND, DUTY), datetime(2027, 1, 6, 14, 59, tzinfo=UTC), FIRST),
    "who is on duty from closing time": ((FIRST, SECOND, DUTY), datetime(2027, 1, 6, 15, tzinfo=UTC), DUTY),
    "who is on duty when it is due on Orthodox Christmas": ((FIRST, SECOND, DUTY), DUE.at, DUTY),
    "the second on duty when it is due": ((FIRST, DUTY, SECOND, RESERVE), DUE.at, RESERVE),
    "the first on duty a moment before": ((FIRST, DUTY, RESERVE), DUE.at - timedelta(seconds=1), DUTY),
    "the second at opening on the next working day": (
        (FIRST, SECOND, DUTY),
        datetime(2027, 1, 8, 7, tzinfo=UTC),
        SECOND,
    ),
    "the third a day after it was due": ((FIRST, SECOND, DUTY), datetime(2027, 1, 8, 12, 5, tzinfo=UTC), DUTY),
    "the last for ever after": ((FIRST, SECOND, THIRD), datetime(2027, 6, 1, 9, tzinfo=UTC), THIRD),
    "anybody at night where nobody is on duty": ((FIRST, SECOND), datetime(2027, 1, 6, 22, tzinfo=UTC), FIRST),
    "the only one always": ((FIRST,), datetime(2027, 6, 1, 9, tzinfo=UTC), FIRST),
    "nobody where nobody is named": ((), ARRIVED, None),
}


@pytest.mark.parametrize(("points", "at", "expected"), ASKED.values(), ids=ASKED)
def test_asked_is(points: tuple[ContactPoint, ...], at: datetime, expected: ContactPoint | None) -> None:
    assert whom_to_ask(points, due=DUE, started_at=ARRIVED, at=at, calendar=BELGRADE) == expected


STEPS: Mapping[str, tuple[timedelta, int]] = {
    "before it is due": (timedelta(hours=-1), 0),
    "when it is due": (timedelta(0), 1),
    "before the time has passed again": (timedelta(hours=23, minutes=59), 1),
    "when the time has passed again": (timedelta(hours=24), 2),
    "three times later": (timedelta(hours=72), 4),
}


@pytest.mark.parametrize(("after", "expected"), STEPS.values(), ids=STEPS)
def test_it_was_handed_on(after: timedelta, expected: int) -> None:
    assert steps_passed(DUE, ARRIVED, DUE.at + after) == expected


def test_what_was_due_when_it_began_is_handed_on_once() -> None:
    assert steps_passed(Due(duty="answer", by=Side.HOST, at=ARRIVED), ARRIVED, ARRIVED + timedelta(days=9)) == 1


@given(hours=st.lists(st.integers(-24, 1000), min_size=2, max_size=2).map(sorted))
def test_it_is_never_handed_back(hours: list[int]) -> None:
    earlier, later = (steps_passed(DUE, ARRIVED, DUE.at + timedelta(hours=one)) for one in hours)
    assert earlier <= later


WORKING: Mapping[str, tuple[datetime, bool]] = {
    "at opening": (datetime(2027, 1, 8, 7, tzinfo=UTC), True),
    "a moment before": (datetime(2027, 1, 8, 6, 59, 59, tzinfo=UTC), False),
    "at closing": (datetime(2027, 1, 8, 15, tzinfo=UTC), False),
    "on Saturday": (datetime(2027, 1, 9, 10, tzinfo=UTC), False),
    "on a holiday": (datetime(2027, 1, 7, 10, tzinfo=UTC), False),
    "at opening in summer": (datetime(2027, 7, 1, 6, tzinfo=UTC), True),
}


@pytest.mark.parametrize(("at", "expected"), WORKING.values(), ids=WORKING)
def test_people_are_at_work(at: datetime, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert BELGRADE.is_working(at) is expected
