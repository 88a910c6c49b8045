"""People are told of a message that has not arrived long before it stops making sense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relevo.domain.lateness import late_from
from relevo.domain.sides import Urgency

MADE = datetime(2026, 11, 22, 9, tzinfo=UTC)


def after(**span: float) -> datetime:
    return MADE + timedelta(**span)


CASES = {
    "an emergency": (Urgency.EMERGENCY, (), None, after(minutes=15)),
    "something urgent": (Urgency.URGENT, (), None, after(hours=4)),
    "anything else": (Urgency.ROUTINE, (), None, after(hours=24)),
    "half of the time of its clock": (Urgency.ROUTINE, (after(hours=10),), None, after(hours=5)),
    "the nearest of its clocks": (Urgency.ROUTINE, (after(hours=30), after(hours=10)), None, after(hours=5)),
    "a clock that is longer than patience": (Urgency.ROUTINE, (after(days=5),), None, after(hours=24)),
    "a clock that had run out when it was made": (Urgency.ROUTINE, (after(hours=-1),), None, after(hours=24)),
    "an arrival in two and a half days": (Urgency.ROUTINE, (), after(days=2.5), after(hours=12)),
    "an arrival tomorrow": (Urgency.ROUTINE, (), after(days=1), after(hours=1)),
    "an arrival tomorrow in an emergency": (Urgency.EMERGENCY, (), after(days=1), after(minutes=15)),
    "an arrival in a month": (Urgency.ROUTINE, (), after(days=30), after(hours=24)),
    "an arrival that is past": (Urgency.ROUTINE, (), after(days=-1), after(hours=24)),
}


@pytest.mark.parametrize(("urgency", "due", "arrival", "late"), CASES.values(), ids=CASES)
def test_a_message_is_late_from(
    urgency: Urgency, due: tuple[datetime, ...], arrival: datetime | None, late: datetime
) -> None:
    assert late_from(MADE, urgency=urgency, due=due, planned_arrival=arrival) == late
