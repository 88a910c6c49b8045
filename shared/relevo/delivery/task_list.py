"""The tasks of whoever asks, from all sources of a node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from relevo.domain.access import Act
from relevo.domain.tasks import Task, TaskState, task_state, tasks_for
from relevo.errors import Forbidden
from relevo.storage.unit_of_work import UnitOfWork

Source: TypeAlias = Callable[[UnitOfWork], Iterable[Task]]
"""Everything of one kind that is due at a node, for whomever."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A task, and how it stands now."""

    task: Task
    state: TaskState


def mine(work: UnitOfWork, sources: Sequence[Source], *, overdue_only: bool = False) -> list[Listed]:
    """The tasks of the user, those that press most first.

    Raises:
        Forbidden: for an auditor, who has none.
    """
    work.require(Act.LIST_TASKS)
    user = work.user
    if user.role is None:
        raise Forbidden("the node itself has no tasks")
    found = tasks_for(
        chain.from_iterable(source(work) for source in sources),
        role=user.role,
        name=user.name,
        organisation=user.organisation,
        at=work.at,
    )
    listed = [Listed(task=task, state=task_state(task, work.at)) for task in found]
    return [one for one in listed if not overdue_only or one.state is TaskState.OVERDUE]
