"""The journey of the person, apart from the status of the referral.

    planned -> changed (again and again) -> departed -> arrived | not-arrived, or cancelled before departure
    not-arrived (postponed, no-show) -> changed | arrived | cancelled

The host knows about tickets, the origin about arrivals. Departure is often not reported, so the origin may confirm
an arrival from `planned` on. Where steps cross, `arrive_journey` gives both sides the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.referral import IllegalStep
from relevo.domain.sides import Side

if TYPE_CHECKING:
    from collections.abc import Mapping


class Journey(StrEnum):
    """Where the journey stands; a referral with a travel class begins at `planned`."""

    PLANNED = "planned"
    CHANGED = "changed"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    NOT_ARRIVED = "not-arrived"
    CANCELLED = "cancelled"


class JourneyStep(StrEnum):
    """What happened to the journey."""

    JOURNEY_CHANGED = "journey-changed"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    NOT_ARRIVED = "not-arrived"
    JOURNEY_CANCELLED = "journey-cancelled"


class NotArrivedReason(StrEnum):
    """Why somebody was not there."""

    NO_SHOW = "no-show"
    OFFLOADED = "offloaded"
    POSTPONED = "postponed"
    ENTRY_REFUSED = "entry-refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class JourneyMove:
    """Who may take a step and where it leads."""

    by: Side
    to: Journey


_CHANGED = {JourneyStep.JOURNEY_CHANGED: JourneyMove(Side.HOST, Journey.CHANGED)}
_DEPARTED = {JourneyStep.DEPARTED: JourneyMove(Side.HOST, Journey.DEPARTED)}
_CANCELLED = {JourneyStep.JOURNEY_CANCELLED: JourneyMove(Side.HOST, Journey.CANCELLED)}
_ARRIVED = {JourneyStep.ARRIVED: JourneyMove(Side.ORIGIN, Journey.ARRIVED)}
_NOT_ARRIVED = {JourneyStep.NOT_ARRIVED: JourneyMove(Side.ORIGIN, Journey.NOT_ARRIVED)}

NEXT_JOURNEY: Mapping[Journey, Mapping[JourneyStep, JourneyMove]] = MappingProxyType(
    {
        Journey.PLANNED: {**_CHANGED, **_DEPARTED, **_CANCELLED, **_ARRIVED, **_NOT_ARRIVED},
        Journey.CHANGED: {**_CHANGED, **_DEPARTED, **_CANCELLED, **_ARRIVED, **_NOT_ARRIVED},
        Journey.DEPARTED: {**_CHANGED, **_ARRIVED, **_NOT_ARRIVED},
        Journey.NOT_ARRIVED: {**_CHANGED, **_CANCELLED, **_ARRIVED},
        Journey.ARRIVED: {},
        Journey.CANCELLED: {},
    }
)

WINS: tuple[Journey, ...] = (
    Journey.ARRIVED,
    Journey.CANCELLED,
    Journey.CHANGED,
    Journey.NOT_ARRIVED,
    Journey.DEPARTED,
    Journey.PLANNED,
)
"""Where two steps cross, the one whose status stands earlier here counts: who has arrived has arrived."""


def allowed_journey(current: Journey, by: Side) -> tuple[JourneyStep, ...]:
    """The journey steps that `by` may take now, in the order of the table."""
    return tuple(step for step, move in NEXT_JOURNEY[current].items() if move.by is by)


def advance_journey(current: Journey, step: JourneyStep, by: Side) -> Journey:
    """Where `step` by `by` leads.

    Raises:
        IllegalStep: if the table has no such step for this side.
    """
    if step not in allowed_journey(current, by):
        raise IllegalStep(step, current, allowed_journey(current, by))
    return NEXT_JOURNEY[current][step].to


def arrive_journey(current: Journey, seen: Journey | None, step: JourneyStep, by: Side) -> Journey:
    """Where the journey stands after the peer's `step`.

    Args:
        current: where it stands here; if something crossed, where our own last step left it.
        seen: where it stood for the peer when steps of ours had not reached it; None if nothing crossed.
        step: what the peer says happened.
        by: the peer's side.

    Raises:
        IllegalStep: if the step is legal neither in `current` nor in `seen`.
    """
    if seen is None or step not in allowed_journey(seen, by):
        return advance_journey(current, step, by)
    return min(current, NEXT_JOURNEY[seen][step].to, key=WINS.index)
