from __future__ import annotations

from datetime import date

import pytest

from relevo.domain.data_classes import JsonValue
from relevo.domain.medication import earliest_end

SUPPLIES: dict[str, tuple[dict[str, JsonValue], date | None]] = {
    "the earliest of two drugs": (
        {"items": [{"drug": "a", "supply_ends": "2026-12-20"}, {"drug": "b", "supply_ends": "2026-12-16"}]},
        date(2026, 12, 16),
    ),
    "a referral without medicines": ({}, None),
    "a list of nothing": ({"items": []}, None),
}


@pytest.mark.parametrize(("fields", "ends"), SUPPLIES.values(), ids=SUPPLIES)
def test_the_supply_ends(fields: dict[str, JsonValue], ends: date | None) -> None:
    assert earliest_end(fields) == ends
