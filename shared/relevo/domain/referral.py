"""The life of one referral: which step each side may take now, and where it leads.

`NEXT` is the whole rule; `requested` is the host's, `acknowledged` the origin's, and so on. Pages, commands and
peers all ask this table. Steps that do not move the status (first contact, follow-up, journey) are elsewhere.

    draft -> requested -> acknowledged -> accepted | declined | information-requested | waitlisted
    information-requested -> requested             waitlisted -> accepted | declined
    accepted -> in-progress <-> on-hold -> completed | not-completed -> closed -> in-progress (reopened)
    before acceptance -> cancelled                 after it -> cancel-requested -> cancelled | back (objected)
    wherever data may stand -> withdrawn -> erased (each side says so)
    not yet withdrawn -> entered-in-error

**Withdrawal** is possible from every status in which a side still holds data, also after closing, declining and
cancelling: a consent can be withdrawn at any time (GDPR, article 7(3)).

**Steps that cross.** Both sides act on what they last saw. A step that was legal there is recorded, never refused,
and `arrive` gives both sides the same status whichever step they met first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.referral_reasons import (
    CLOSING_REASONS,
    DECLINE_REASONS,
    NOT_COMPLETED_REASONS,
    ClosingReason,
    DeclineReason,
)
from relevo.domain.sides import Side
from relevo.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "CLOSING_REASONS",
    "DECLINE_REASONS",
    "NEXT",
    "NOT_COMPLETED_REASONS",
    "WINS",
    "ClosingReason",
    "DeclineReason",
    "IllegalStep",
    "Move",
    "Status",
    "Step",
    "advance",
    "allowed",
    "arrive",
    "before_cancelling",
    "is_open",
]


class Status(StrEnum):
    """Where a referral stands."""

    DRAFT = "draft"
    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    INFORMATION_REQUESTED = "information-requested"
    WAITLISTED = "waitlisted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    NOT_COMPLETED = "not-completed"
    CLOSED = "closed"
    CANCEL_REQUESTED = "cancel-requested"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    ENTERED_IN_ERROR = "entered-in-error"


class Step(StrEnum):
    """What somebody did to a referral."""

    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    INFORMATION_REQUESTED = "information-requested"
    ANSWERED = "answered"
    WAITLISTED = "waitlisted"
    STARTED = "started"
    HELD = "held"
    RESUMED = "resumed"
    COMPLETED = "completed"
    NOT_COMPLETED = "not-completed"
    CLOSED = "closed"
    REOPENED = "reopened"
    CANCELLED = "cancelled"
    CANCEL_REQUESTED = "cancel-requested"
    CANCEL_AGREED = "cancel-agreed"
    CANCEL_OBJECTED = "cancel-objected"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    ENTERED_IN_ERROR = "entered-in-error"


@dataclass(frozen=True)
class Move:
    """Who may take a step, and the status it leads to; `to` is None where it leads back to the status before."""

    by: frozenset[Side]
    to: Status | None


class IllegalStep(Conflict):
    """This step cannot be taken now, or not by this side; `allowed` holds those that can."""

    code = "illegal-step"
    rule = "lifecycle.step"
    advice = "Take one of the steps that are allowed now; the detail lists them."

    def __init__(self, step: str, status: str, allowed: Iterable[str]) -> None:
        self.allowed: tuple[str, ...] = tuple(allowed)
        now = ", ".join(self.allowed) or "none"
        super().__init__(f"{step} cannot follow {status} here; allowed now: {now}", field="step")


def _host(to: Status | None) -> Move:
    return Move(frozenset({Side.HOST}), to)


def _origin(to: Status | None) -> Move:
    return Move(frozenset({Side.ORIGIN}), to)


def _either(to: Status | None) -> Move:
    return Move(frozenset(Side), to)


_WITHDRAW = {Step.WITHDRAWN: _either(Status.WITHDRAWN)}
_UNDO = {**_WITHDRAW, Step.ENTERED_IN_ERROR: _host(Status.ENTERED_IN_ERROR)}
_BEFORE_ACCEPTANCE = {Step.CANCELLED: _host(Status.CANCELLED), **_UNDO}
_AFTER_ACCEPTANCE = {Step.CANCEL_REQUESTED: _host(Status.CANCEL_REQUESTED), **_UNDO}

NEXT: Mapping[Status, Mapping[Step, Move]] = MappingProxyType(
    {
        Status.DRAFT: {
            Step.REQUESTED: _host(Status.REQUESTED),
            Step.CANCELLED: _host(Status.CANCELLED),
            Step.WITHDRAWN: _host(Status.WITHDRAWN),
            Step.ENTERED_IN_ERROR: _host(Status.ENTERED_IN_ERROR),
        },
        Status.REQUESTED: {
            Step.ACKNOWLEDGED: _origin(Status.ACKNOWLEDGED),
            **_BEFORE_ACCEPTANCE,
        },
        Status.ACKNOWLEDGED: {
            Step.ACCEPTED: _origin(Status.ACCEPTED),
            Step.DECLINED: _origin(Status.DECLINED),
            Step.INFORMATION_REQUESTED: _origin(Status.INFORMATION_REQUESTED),
            Step.WAITLISTED: _origin(Status.WAITLISTED),
            **_BEFORE_ACCEPTANCE,
        },
        Status.INFORMATION_REQUESTED: {
            Step.ANSWERED: _host(Status.REQUESTED),
            **_BEFORE_ACCEPTANCE,
        },
        Status.WAITLISTED: {
            Step.ACCEPTED: _origin(Status.ACCEPTED),
            Step.DECLINED: _origin(Status.DECLINED),
            **_BEFORE_ACCEPTANCE,
        },
        Status.ACCEPTED: {
            Step.STARTED: _origin(Status.IN_PROGRESS),
            **_AFTER_ACCEPTANCE,
        },
        Status.IN_PROGRESS: {
            Step.HELD: _origin(Status.ON_HOLD),
            Step.COMPLETED: _origin(Status.COMPLETED),
            Step.NOT_COMPLETED: _origin(Status.NOT_COMPLETED),
            **_AFTER_ACCEPTANCE,
        },
        Status.ON_HOLD: {
            Step.RESUMED: _origin(Status.IN_PROGRESS),
            Step.COMPLETED: _origin(Status.COMPLETED),
            Step.NOT_COMPLETED: _origin(Status.NOT_COMPLETED),
            **_AFTER_ACCEPTANCE,
        },
        Status.CANCEL_REQUESTED: {
            Step.CANCEL_AGREED: _origin(Status.CANCELLED),
            Step.CANCEL_OBJECTED: _origin(None),
            **_UNDO,
        },
        Status.COMPLETED: {Step.CLOSED: _origin(Status.CLOSED), **_UNDO},
        Status.NOT_COMPLETED: {Step.CLOSED: _origin(Status.CLOSED), **_UNDO},
        Status.CLOSED: {Step.REOPENED: _origin(Status.IN_PROGRESS), **_UNDO},
        Status.DECLINED: _UNDO,
        Status.CANCELLED: _UNDO,
        Status.ENTERED_IN_ERROR: _WITHDRAW,
        Status.WITHDRAWN: {Step.ERASED: _either(Status.ERASED)},
        Status.ERASED: {Step.ERASED: _either(Status.ERASED)},
    }
)

ENDED: frozenset[Status] = frozenset(
    {
        Status.DECLINED,
        Status.CLOSED,
        Status.CANCELLED,
        Status.WITHDRAWN,
        Status.ERASED,
        Status.ENTERED_IN_ERROR,
    }
)

WINS: tuple[Status, ...] = (
    Status.ERASED,
    Status.WITHDRAWN,
    Status.ENTERED_IN_ERROR,
    Status.CANCELLED,
    Status.COMPLETED,
    Status.NOT_COMPLETED,
)
"""Where steps cross, the status that stands earlier in this row stays; else the one reached first stays.

Completed stands here so that both sides agree when it crosses a request to cancel: what is done cannot be cancelled.
"""


def is_open(status: Status) -> bool:
    """Whether somebody still has to do something about the referral."""
    return status not in ENDED


def allowed(status: Status, by: Side) -> tuple[Step, ...]:
    """The steps that `by` may take in `status`, in the order of the table."""
    return tuple(step for step, move in NEXT[status].items() if by in move.by)


def advance(status: Status, step: Step, by: Side, *, before: Status | None = None) -> Status:
    """The status to which `step` by `by` leads.

    Args:
        status: where the referral stands.
        step: what is done.
        by: who does it.
        before: where it stood before cancelling was requested; needed for `cancel-objected` alone.

    Raises:
        IllegalStep: if the table has no such step for this side.
        ValueError: if an objection comes without `before`.
    """
    move = NEXT[status].get(step)
    if move is None or by not in move.by:
        raise IllegalStep(step, status, allowed(status, by))
    to = move.to or before
    if to is None:
        raise ValueError("cancel-objected leads back: say where the referral stood before")
    return to


def arrive(current: Status, seen: Status, step: Step, by: Side, *, before: Status | None = None) -> Status:
    """The status after the peer's `step`, taken when the peer saw the referral in `seen`.

    Raises:
        IllegalStep: if the step is legal neither in `current` nor in `seen`; a peer's fault, not a crossing.
    """
    if step in allowed(current, by):
        return advance(current, step, by, before=before)
    if step not in allowed(seen, by):
        raise IllegalStep(step, current, allowed(current, by))
    return min(current, advance(seen, step, by, before=before), key=_rank)


def before_cancelling(steps: Iterable[tuple[Step, Side]]) -> Status:
    """Where the referral would stand had nobody asked to cancel it: what `before` means, from the timeline.

    `steps` are all steps in the order in which this side recorded them, from `requested` on. A step that was recorded
    because it crossed counts if it is legal here, so that an objection leads both sides to the same status.
    """
    status = Status.DRAFT
    for step, by in steps:
        if step in allowed(status, by) and step is not Step.CANCEL_REQUESTED:
            status = advance(status, step, by)
    return status


def _rank(status: Status) -> int:
    return WINS.index(status) if status in WINS else len(WINS)
