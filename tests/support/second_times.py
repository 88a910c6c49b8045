"""Due times of a second implementation, written from docs/protocol.md alone: section 12."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def answer_due(sop: str, urgency: str, received_at: int) -> int:
    """Until when a referral that was received at that moment is answered."""
    document = tomllib.loads(sop)
    allowed: dict[str, int] = document["response"][urgency]
    if "hours" in allowed:
        return received_at + allowed["hours"] * 3600
    calendar: dict[str, Any] = document["calendars"]["origin"]
    zone = ZoneInfo(calendar["zone"])
    day = datetime.fromtimestamp(received_at, UTC).astimezone(zone).date()
    for _ in range(allowed["working_days"]):
        day = _next(day, calendar)
    return int(datetime.combine(day, calendar["closes"], tzinfo=zone).timestamp())


def _next(day: date, calendar: dict[str, Any]) -> date:
    day += timedelta(days=1)
    while WEEK[day.weekday()] in calendar["weekend"] or day in calendar["holidays"]:
        day += timedelta(days=1)
    return day
