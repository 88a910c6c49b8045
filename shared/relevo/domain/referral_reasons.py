"""The words for why a referral is declined, ends early or is closed; `relevo.domain.referral` hands them on."""

from __future__ import annotations

from enum import StrEnum


class DeclineReason(StrEnum):
    """Why an origin does not take a referral; `other` needs words."""

    NO_CAPACITY = "no-capacity"
    OUTSIDE_MANDATE = "outside-mandate"
    OUTSIDE_AREA = "outside-area"
    NOT_ELIGIBLE = "not-eligible"
    INCOMPLETE = "incomplete"
    DUPLICATE = "duplicate"
    SAFETY = "safety"
    OTHER = "other"


class ClosingReason(StrEnum):
    """Why a referral is closed; `completed` is the good one."""

    COMPLETED = "completed"
    TIME_ENDED = "time-ended"
    CRITERIA_LOST = "criteria-lost"
    DECLINED_BY_PERSON = "declined-by-person"
    MOVED = "moved"
    DIED = "died"
    REMIGRATED = "remigrated"
    BARRIER_OF_ACCESS = "barrier-of-access"
    UNSUITABLE = "unsuitable"
    NEGATIVE_REPERCUSSIONS = "negative-repercussions"
    AGGRESSION = "aggression"
    FUNDING_ENDED = "funding-ended"
    SECURITY = "security"


DECLINE_REASONS: frozenset[str] = frozenset(DeclineReason)
CLOSING_REASONS: frozenset[str] = frozenset(ClosingReason)
NOT_COMPLETED_REASONS: frozenset[str] = frozenset(ClosingReason) - {ClosingReason.COMPLETED}
"""What can end assistance early can also close it, so the words are the same."""
