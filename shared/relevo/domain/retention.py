"""What goes when: after a referral has ended, and after the person has withdrawn.

    closed, declined, cancelled, entered in error    each class until its `retention` days after the end are over
    withdrawn                                        everything at once, but each class that `keep` names until then

The last day of a class is the UTC date of the end plus its days, and it goes when that date is over. Both nodes know
the same end to the second, so they compute the same day. A class that came without a retention goes with the last of
the others. A referral that was opened again has not ended.

Steps say things too. `WORDS_OF` names the class that the words of a step belong to. `FREE_WORDS` are steps whose words
can speak of anything: they go with the first class that goes. Nothing here reads a clock or a database.

Source: Reintegration Handbook, 4.1.3 (step 4); GDPR, articles 5(1)(e), 7(3) and 17.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.data_classes import DataClass
from relevo.domain.journey import JourneyStep
from relevo.domain.referral import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from relevo.domain.sop import Sop

EVERY_CLASS: frozenset[str] = frozenset(DataClass)

ENDING: frozenset[str] = frozenset(
    {Step.CLOSED, Step.DECLINED, Step.CANCELLED, Step.CANCEL_AGREED, Step.WITHDRAWN, Step.ENTERED_IN_ERROR}
)
"""Steps that end a referral; `reopened` takes an end back."""

ERASURE_CONFIRMED = "erasure-confirmed"
"""An organisation that was given a part has erased it too."""

AFTER_ERASURE: frozenset[str] = frozenset({Step.WITHDRAWN, Step.ERASED, ERASURE_CONFIRMED})
"""What can be said where nothing is left; it rests on nothing, says nothing about the person, and stays."""

WORDS_OF: Mapping[str, DataClass] = MappingProxyType(
    {
        "first-contact": DataClass.CONTACT,
        JourneyStep.DEPARTED: DataClass.TRAVEL,
        JourneyStep.ARRIVED: DataClass.TRAVEL,
        JourneyStep.NOT_ARRIVED: DataClass.TRAVEL,
        "service": DataClass.OUTCOME,
        "follow-up": DataClass.OUTCOME,
        Step.NOT_COMPLETED: DataClass.OUTCOME,
        Step.CLOSED: DataClass.OUTCOME,
        "costs-reported": DataClass.COSTS,
        "medical-question": DataClass.HEALTH_SUMMARY,
        "medical-answer": DataClass.HEALTH_SUMMARY,
    }
)

FREE_WORDS: frozenset[str] = frozenset(
    {
        Step.ACCEPTED,
        Step.DECLINED,
        Step.INFORMATION_REQUESTED,
        Step.ANSWERED,
        Step.HELD,
        Step.REOPENED,
        Step.CANCELLED,
        Step.CANCEL_REQUESTED,
        Step.CANCEL_OBJECTED,
        "corrected",
    }
)


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """A data class that stays for now, and the last day of it."""

    data_class: str
    until: date


def ended_at(taken: Iterable[tuple[str, datetime]]) -> datetime | None:
    """When a referral ended, from its steps and their moments in any order; None while it has not.

    A second ending (a closed referral that is withdrawn) does not begin the time anew.
    """
    ended = None
    for step, at in sorted(taken, key=lambda one: one[1].replace(microsecond=0)):
        if step == Step.REOPENED:
            ended = None
        elif step in ENDING and ended is None:
            ended = at
    return ended


def kept_after_withdrawal(sop: Sop, present: Collection[str], ended_at: datetime) -> tuple[Keeping, ...]:
    """What the procedure obliges to keep of the classes that are here, by class, although the person withdrew."""
    return _keepings({name: sop.keep[name] for name in present if name in sop.keep}, ended_at)


def retained(sop: Sop, present: Collection[str], ended_at: datetime) -> tuple[Keeping, ...]:
    """Until when each class that is here stays after a referral ended in the ordinary way."""
    longest = longest_days(sop)
    return _keepings({name: sop.retention.get(name, longest) for name in present}, ended_at)


def due_for_erasure(
    sop: Sop, ended_at: datetime, present: Collection[str], at: datetime, *, withdrawn: bool = False
) -> frozenset[str]:
    """The classes, of those that are here, whose time has come."""
    rule = kept_after_withdrawal if withdrawn else retained
    return frozenset(present) - still(rule(sop, present, ended_at), at)


def still(keepings: Iterable[Keeping], at: datetime) -> frozenset[str]:
    """The classes that stay at `at`."""
    return frozenset(one.data_class for one in keepings if at < over(one.until))


def whole_until(sop: Sop, ended_at: datetime) -> date:
    """The last day of what belongs to no class: the record that an organisation has of its own services."""
    return _last_day(ended_at, longest_days(sop))


def longest_days(sop: Sop) -> int:
    """The longest that the procedure keeps anything."""
    return max((*sop.retention.values(), *sop.keep.values()), default=0)


def over(day: date) -> datetime:
    """The moment at which a UTC date is over."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)


def words_go(step: str, gone: Collection[str]) -> bool:
    """Whether the words of a step go when these classes do."""
    return step in FREE_WORDS if gone and step not in WORDS_OF else WORDS_OF.get(step) in gone


def _keepings(days: Mapping[str, int], ended_at: datetime) -> tuple[Keeping, ...]:
    return tuple(Keeping(data_class=name, until=_last_day(ended_at, days[name])) for name in sorted(days))


def _last_day(ended_at: datetime, days: int) -> date:
    return ended_at.astimezone(UTC).date() + timedelta(days=days)
