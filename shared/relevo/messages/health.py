"""What keeps care going across the border: `health-summary`, `medication`, `mental-health-risk`.

These move under a purpose of their own. `supply_ends` is the last day for which the person has the drug: the origin's
task to prescribe anew is counted back from it, so an item without it is refused.

Source: Reintegration Handbook, 4.1.3 (continuity of assistance: prescriptions, regimes, health risks).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from relevo.messages.classes_shape import DataClassModel, Strict
from relevo.messages.classes_values import Day, Line, Note, some


class RiskLevel(StrEnum):
    """How great a professional holds the risk to be."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class HealthSummary(DataClassModel):
    """Conditions that the receiver must know, and how the person moves."""

    conditions: Annotated[tuple[Line, ...], Field(max_length=40)] | None = None
    allergies: Annotated[tuple[Line, ...], Field(max_length=40)] | None = None
    mobility: Line | None = None


class Drug(Strict):
    """One drug, as prescribed, and the last day for which there is a supply."""

    drug: Line
    dose: Line
    regime: Line
    supply_ends: Day


class Medication(DataClassModel):
    """What the person takes."""

    items: Annotated[tuple[Drug, ...], Field(max_length=40), AfterValidator(some)]


class MentalHealthRisk(DataClassModel):
    """A risk that a mental-health professional attests."""

    level: RiskLevel
    note: Note | None = None
