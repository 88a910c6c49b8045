"""What somebody has to do: one list for each person of what is due, overdue, or waiting for the other side.

A `Task` is computed from what a node knows, never kept: nothing can be done without its task going, and nothing can be
due without its task standing there. Nothing here reads a clock or a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relevo.domain.access import Role


class WaitsFor(StrEnum):
    """Who can end a task."""

    US = "us"
    PEER = "peer"
    ORGANISATION = "organisation"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to do.

    `what` is a word (`answer`, `renew-consent`, …), `text` a sentence that says what to do next, without personal data.
    `thread` or `case` says about what; `roles` who may do it; `who` names one user where only that one should;
    `organisation` the organisation whose staff it is for. Moments are aware, in UTC.
    """

    what: str
    text: str
    roles: frozenset[Role]
    waits_for: WaitsFor = WaitsFor.US
    thread: str | None = None
    case: str | None = None
    who: str | None = None
    organisation: str | None = None
    since: datetime
    due_at: datetime | None = None


class TaskState(StrEnum):
    """How a task stands: past its time, to be done, to be done with less than half of its time left, or not ours."""

    OVERDUE = "overdue"
    REMINDER = "reminder"
    OPEN = "open"
    WAITING = "waiting"


NEVER = datetime.max.replace(tzinfo=UTC)
_ORDER = (TaskState.OVERDUE, TaskState.REMINDER, TaskState.OPEN, TaskState.WAITING)


def task_state(task: Task, at: datetime) -> TaskState:
    """How a task stands at `at`; what waits for others is theirs to do, and overdue when their time is past."""
    if task.due_at is not None and at > task.due_at:
        return TaskState.OVERDUE
    if task.waits_for is not WaitsFor.US:
        return TaskState.WAITING
    if task.due_at is not None and at - task.since >= (task.due_at - task.since) / 2:
        return TaskState.REMINDER
    return TaskState.OPEN


def tasks_for(
    tasks: Iterable[Task], *, role: Role, name: str, organisation: str | None, at: datetime
) -> tuple[Task, ...]:
    """The tasks of one user, in the order in which to do them.

    First what is overdue, ours before what others owe; then what is due, the nearest first; then what waits for others.
    A task whose time has not begun (a follow-up in half a year) is not shown yet.

    Args:
        tasks: all tasks of the node.
        role: what the user is here.
        name: the user.
        organisation: whom the user works for; None is the node itself.
        at: now.
    """
    mine = (task for task in tasks if task.since <= at and _is_for(task, role, name, organisation))
    return tuple(sorted(mine, key=lambda task: _rank(task, at)))


def _is_for(task: Task, role: Role, name: str, organisation: str | None) -> bool:
    """Whether a task is this user's: by role, by name where it has one, by organisation where that has to act."""
    named = task.who in (None, name)
    theirs = organisation is None or task.organisation == organisation
    return role in task.roles and named and theirs


def _rank(task: Task, at: datetime) -> tuple[int, bool, datetime, datetime, str]:
    state = _ORDER.index(task_state(task, at))
    pressing = 1 if state == _ORDER.index(TaskState.OPEN) else state
    return pressing, task.waits_for is not WaitsFor.US, task.due_at or NEVER, task.since, task.thread or task.case or ""
