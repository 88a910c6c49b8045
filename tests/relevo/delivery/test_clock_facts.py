"""A sender computes from what a step kept exactly what the receiver computed from what it learned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.delivery.clock_facts import as_json, from_json
from relevo.domain.data_classes import DataClass
from relevo.domain.deadlines import STARTS, Duty, Facts, duties_started
from relevo.domain.first_contact import Channel, ContactOutcome
from relevo.domain.sides import Side, Urgency
from relevo.domain.sop import parse_sop
from relevo.protocol import strict_json

SOPS = sorted((Path(__file__).parents[3] / "shared" / "sops").glob("*.toml"))
START = datetime(2026, 11, 1, tzinfo=UTC)

MOMENTS = st.integers(0, 400 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
DAYS = st.dates(date(2026, 11, 1), date(2027, 10, 31))
FACTS = st.builds(
    Facts,
    urgency=st.sampled_from(Urgency),
    vulnerable=st.booleans(),
    contact_channel=st.none() | st.sampled_from(Channel),
    arrived_at=st.none() | MOMENTS,
    planned_arrival=st.none() | MOMENTS,
    supply_ends=st.none() | DAYS,
    speaker=st.sampled_from(Side),
    carried=st.frozensets(st.sampled_from([DataClass.TRAVEL, DataClass.MEDICATION, DataClass.NEEDS])),
    outcome=st.none() | st.sampled_from(ContactOutcome),
    review_on=st.none() | DAYS,
    done=st.frozensets(st.sampled_from([Duty.PLAN, Duty.FIRST_CONTACT, "follow-up-3"])),
)


@settings(max_examples=80)
@given(sop=st.sampled_from(SOPS), step=st.sampled_from(sorted(STARTS)), facts=FACTS, received_at=MOMENTS)
def test_both_sides_start_the_same_clocks(sop: Path, step: str, facts: Facts, received_at: datetime) -> None:
    agreed = parse_sop(sop.read_text(encoding="utf-8"))
    kept = from_json(strict_json.load(strict_json.dump(as_json(facts))))
    here = duties_started(step, sop=agreed, received_at=received_at, facts=facts)
    there = duties_started(step, sop=agreed, received_at=received_at, facts=kept)
    assert here == there
    assert all(due.at.tzinfo is not None for due in here)
    assert len({due.duty for due in here}) == len(here)
