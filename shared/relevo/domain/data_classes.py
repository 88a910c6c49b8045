"""The data classes: the unit in which people consent, procedures allow and nodes disclose.

A class is a word, a field is a word inside it, and a path joins the two: `identity-full.address_origin`.
What a value must look like is not decided here but in `relevo.messages`; the rules only ask where it may go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
"""What JSON can say."""

Record: TypeAlias = Mapping[str, Mapping[str, JsonValue]]
"""Data class -> field -> value."""


class DataClass(StrEnum):
    """A part of what is known about one person, consented to and disclosed as one."""

    IDENTITY_MIN = "identity-min"
    IDENTITY_FULL = "identity-full"
    CONTACT = "contact"
    CONSENT = "consent"
    TRAVEL = "travel"
    FAMILY = "family"
    NEEDS = "needs"
    SKILLS = "skills"
    VULNERABILITY = "vulnerability"
    HEALTH_SUMMARY = "health-summary"
    MEDICATION = "medication"
    MENTAL_HEALTH_RISK = "mental-health-risk"
    DOCUMENTS = "documents"
    PLAN = "plan"
    COSTS = "costs"
    OUTCOME = "outcome"
    FEEDBACK = "feedback"


RETURNING: frozenset[DataClass] = frozenset(
    {DataClass.OUTCOME, DataClass.FEEDBACK, DataClass.PLAN, DataClass.COSTS, DataClass.DOCUMENTS}
)
"""The classes that an origin may send back to a host."""


def class_of(path: str) -> str:
    """The class word of a path: `family` of `family.household[2].note`."""
    return path.partition(".")[0]


def field_of(path: str) -> str:
    """The field word of a path: `household` of `family.household[2].note`; empty for a class alone."""
    return path.partition(".")[2].partition(".")[0].partition("[")[0]
