"""When somebody must act so that a person never runs out of a medicine.

The earliest end of supply counts, of all drugs that a referral carries. The origin is due some calendar days before it
(`medication_days` of the SOP), at closing time of that day in its own zone; where that time has passed when the
referral arrives, or is less than a day off, it has a day by the clock.

    supply ends 2026-12-16, 14 days -> 2026-12-02, closing time

Source: Reintegration Handbook, 4.1.3 (continuity of assistance: prescriptions and regimes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from relevo.domain.working_time import after_hours

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.domain.data_classes import JsonValue
    from relevo.domain.working_time import Calendar

LEAST_HOURS = 24
MEDICAL_CONTINUITY = "medical-continuity"
"""The purpose under which health moves, and clinicians speak."""


def earliest_end(medication: Mapping[str, JsonValue]) -> date | None:
    """The first day after which one of the drugs of the class `medication` is used up; None where none says so."""
    items = medication.get("items")
    drugs = [one for one in items if isinstance(one, Mapping)] if isinstance(items, Sequence) else []
    ends = [one["supply_ends"] for one in drugs if "supply_ends" in one]
    return min((date.fromisoformat(end) for end in ends if isinstance(end, str)), default=None)


def act_by(supply_ends: date, days: int, calendar: Calendar, *, received_at: datetime) -> datetime:
    """The moment, in UTC, by which the origin has seen to it that there is more."""
    return max(calendar.closing(supply_ends - timedelta(days=days)), after_hours(received_at, LEAST_HOURS))
