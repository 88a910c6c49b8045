from __future__ import annotations

from itertools import product

import pytest

from relevo.domain.journey import (
    NEXT_JOURNEY,
    Journey,
    JourneyStep,
    NotArrivedReason,
    advance_journey,
    allowed_journey,
    arrive_journey,
)
from relevo.domain.referral import IllegalStep
from relevo.domain.sides import Side

H, O = Side.HOST, Side.ORIGIN  # noqa: E741 (host and origin, as columns of a table)

DRAWN = """
planned      host    journey-changed    changed
planned      host    departed           departed
planned      host    journey-cancelled  cancelled
planned      origin  arrived            arrived
planned      origin  not-arrived        not-arrived
changed      host    journey-changed    changed
changed      host    departed           departed
changed      host    journey-cancelled  cancelled
changed      origin  arrived            arrived
changed      origin  not-arrived        not-arrived
departed     host    journey-changed    changed
departed     origin  arrived            arrived
departed     origin  not-arrived        not-arrived
not-arrived  host    journey-changed    changed
not-arrived  host    journey-cancelled  cancelled
not-arrived  origin  arrived            arrived
"""


def test_the_table_is_the_drawing_and_nothing_else() -> None:
    found = {
        (journey, side, step, advance_journey(journey, step, side))
        for journey, side in product(Journey, Side)
        for step in allowed_journey(journey, side)
    }
    assert found == {tuple(line.split()) for line in DRAWN.strip().splitlines()}
    assert set(NEXT_JOURNEY) == set(Journey)


def test_an_illegal_step_is_refused_with_the_steps_that_are_allowed() -> None:
    with pytest.raises(IllegalStep) as refusal:
        advance_journey(Journey.PLANNED, JourneyStep.ARRIVED, H)
    assert refusal.value.detail.startswith("arrived cannot follow planned here")
    assert refusal.value.allowed == ("journey-changed", "departed", "journey-cancelled")


def test_whoever_has_arrived_travels_no_more() -> None:
    assert allowed_journey(Journey.ARRIVED, H) == allowed_journey(Journey.ARRIVED, O) == ()


CROSSING = {
    "an arrival meets a changed flight": ("changed", "planned", "arrived", O, "arrived"),
    "a changed flight meets an arrival": ("arrived", "planned", "journey-changed", H, "arrived"),
    "a changed flight explains who was not there": ("not-arrived", "planned", "journey-changed", H, "changed"),
    "not there meets a changed flight": ("changed", "planned", "not-arrived", O, "changed"),
    "not there meets a departure": ("departed", "planned", "not-arrived", O, "not-arrived"),
    "a departure meets not there": ("not-arrived", "planned", "departed", H, "not-arrived"),
    "nothing crosses": ("planned", None, "departed", H, "departed"),
    "changed again meets not there": ("changed", "changed", "not-arrived", O, "changed"),
    "not there after a change that was seen": ("changed", None, "not-arrived", O, "not-arrived"),
}


@pytest.mark.parametrize(("current", "seen", "step", "by", "stands"), CROSSING.values(), ids=CROSSING)
def test_steps_that_cross(current: str, seen: str | None, step: str, by: Side, stands: str) -> None:
    before = Journey(seen) if seen else None
    assert arrive_journey(Journey(current), before, JourneyStep(step), by) == stands


def test_a_step_that_was_never_legal_is_refused() -> None:
    with pytest.raises(IllegalStep):
        arrive_journey(Journey.ARRIVED, Journey.CANCELLED, JourneyStep.DEPARTED, H)


def _pairs() -> list[tuple[Journey, JourneyStep, JourneyStep]]:
    return [(at, h, o) for at in Journey for h in allowed_journey(at, H) for o in allowed_journey(at, O)]


@pytest.mark.parametrize(("common", "ours", "theirs"), _pairs())
def test_both_sides_agree_whichever_step_they_meet_first(
    common: Journey, ours: JourneyStep, theirs: JourneyStep
) -> None:
    host, origin = advance_journey(common, ours, H), advance_journey(common, theirs, O)
    assert arrive_journey(host, common, theirs, O) == arrive_journey(origin, common, ours, H)


def test_why_somebody_was_not_there_has_five_words() -> None:
    assert set(NotArrivedReason) == {"no-show", "offloaded", "postponed", "entry-refused", "unknown"}
