"""The two sides of a referral and how urgent it is."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """Where a step is taken: in the country where the person is, or in the one they return to."""

    HOST = "host"
    ORIGIN = "origin"

    @property
    def other(self) -> Side:
        """The side across the border."""
        return Side.ORIGIN if self is Side.HOST else Side.HOST


class Urgency(StrEnum):
    """How soon a referral must be answered; the SOP gives each word its time."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"
