"""The complete record of a referral: its seven parts, which of them are missing, and since when.

A part is present from the first fact that belongs to it. It is missing from the moment at which it should have been
there, which `EXPECTED` says for each part; before that moment it is neither present nor missing.

    contacts, assessments   with the referral itself        monitoring   when the first follow-up is due
    communication           when the person has arrived     comments     when assistance has ended
    plan                    some months after the arrival   other        never: it is there or it is not

The procedure says which parts are needed; a part that is not needed is never missing.
Source: Reintegration Handbook, 4.1.3 (step 4: the complete record).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.data_classes import DataClass
from relevo.domain.follow_up import add_months
from relevo.domain.referral import Step
from relevo.domain.sides import Side
from relevo.domain.sop_rules import RecordPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from relevo.domain.sop import Sop


@dataclass(frozen=True, kw_only=True)
class RecordFacts:
    """What a node knows: since when each part is present, and the moments from which others are expected."""

    opened_at: datetime
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    present: Mapping[RecordPart, datetime] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class PartStanding:
    """One part of a record: present since, expected at, and missing since; moments in UTC."""

    part: RecordPart
    needed: bool
    present_since: datetime | None
    expected_at: datetime | None
    missing_since: datetime | None


def standing(facts: RecordFacts, sop: Sop, at: datetime) -> tuple[PartStanding, ...]:
    """The seven parts, in the order of `RecordPart`, as they stand at a moment."""
    return tuple(_part(part, facts, sop, at) for part in RecordPart)


def missing(facts: RecordFacts, sop: Sop, at: datetime) -> tuple[PartStanding, ...]:
    """The parts that are needed and should be there by now."""
    return tuple(one for one in standing(facts, sop, at) if one.missing_since is not None)


def facts_of(
    *,
    opened_at: datetime,
    arrived_at: datetime | None,
    classes: Iterable[tuple[str, datetime]],
    steps: Iterable[tuple[str, datetime]],
) -> RecordFacts:
    """The facts of a referral, from what a node holds.

    Args:
        opened_at: when the referral began.
        arrived_at: when the person arrived, if that is confirmed.
        classes: the data classes that are there, each with since when.
        steps: the steps that were taken, each with when.
    """
    taken = tuple(steps)
    found = [(BELONGS[name], at) for name, at in classes if name in BELONGS]
    found += [(SHOWN_BY[step], at) for step, at in taken if step in SHOWN_BY]
    return RecordFacts(
        opened_at=opened_at,
        arrived_at=arrived_at,
        ended_at=min((at for step, at in taken if step in _ENDING), default=None),
        present={part: min(at for one, at in found if one is part) for part in {one for one, _ in found}},
    )


def _part(part: RecordPart, facts: RecordFacts, sop: Sop, at: datetime) -> PartStanding:
    needed, since, expected = part in sop.record, facts.present.get(part), EXPECTED[part](facts, sop)
    late = needed and since is None and expected is not None and expected <= at
    return PartStanding(
        part=part,
        needed=needed,
        present_since=since,
        expected_at=expected if needed else None,
        missing_since=expected if late else None,
    )


def _months_after_arrival(facts: RecordFacts, sop: Sop, months: int) -> datetime | None:
    if facts.arrived_at is None:
        return None
    calendar = sop.calendars[Side.ORIGIN]
    return calendar.closing(add_months(calendar.local_date(facts.arrived_at), months))


def _opened(facts: RecordFacts, _sop: Sop) -> datetime | None:
    return facts.opened_at


def _plan(facts: RecordFacts, sop: Sop) -> datetime | None:
    return _months_after_arrival(facts, sop, sop.plan_months)


def _monitoring(facts: RecordFacts, sop: Sop) -> datetime | None:
    return _months_after_arrival(facts, sop, min(sop.follow_up_months)) if sop.follow_up_months else None


def _arrived(facts: RecordFacts, _sop: Sop) -> datetime | None:
    return facts.arrived_at


def _ended(facts: RecordFacts, _sop: Sop) -> datetime | None:
    return facts.ended_at


def _never(_facts: RecordFacts, _sop: Sop) -> datetime | None:
    return None


EXPECTED: Mapping[RecordPart, Callable[[RecordFacts, Sop], datetime | None]] = MappingProxyType(
    {
        RecordPart.CONTACTS: _opened,
        RecordPart.ASSESSMENTS: _opened,
        RecordPart.PLAN: _plan,
        RecordPart.MONITORING: _monitoring,
        RecordPart.COMMUNICATION: _arrived,
        RecordPart.COMMENTS: _ended,
        RecordPart.OTHER: _never,
    }
)
"""When each part should be there; None while nothing says so."""

BELONGS: Mapping[str, RecordPart] = MappingProxyType(
    {
        DataClass.CONTACT: RecordPart.CONTACTS,
        DataClass.NEEDS: RecordPart.ASSESSMENTS,
        DataClass.SKILLS: RecordPart.ASSESSMENTS,
        DataClass.VULNERABILITY: RecordPart.ASSESSMENTS,
        DataClass.HEALTH_SUMMARY: RecordPart.ASSESSMENTS,
        DataClass.MENTAL_HEALTH_RISK: RecordPart.ASSESSMENTS,
        DataClass.PLAN: RecordPart.PLAN,
        DataClass.OUTCOME: RecordPart.MONITORING,
        DataClass.FEEDBACK: RecordPart.COMMENTS,
        DataClass.DOCUMENTS: RecordPart.OTHER,
        DataClass.MEDICATION: RecordPart.OTHER,
        DataClass.COSTS: RecordPart.OTHER,
        DataClass.FAMILY: RecordPart.OTHER,
    }
)
"""The part of the record to which a data class belongs; identity, journey and consent belong to the whole."""

SHOWN_BY: Mapping[str, RecordPart] = MappingProxyType(
    {
        "plan-agreed": RecordPart.PLAN,
        "follow-up": RecordPart.MONITORING,
        "service": RecordPart.MONITORING,
        "first-contact": RecordPart.COMMUNICATION,
        "answered": RecordPart.COMMUNICATION,
        "medical-answer": RecordPart.COMMUNICATION,
    }
)
"""The part that a step makes present by itself, whatever travelled with it."""

_ENDING = frozenset({Step.COMPLETED, Step.NOT_COMPLETED, Step.CLOSED})
