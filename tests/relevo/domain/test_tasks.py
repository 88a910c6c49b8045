from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relevo.domain.access import Role
from relevo.domain.tasks import Task, TaskState, WaitsFor, task_state, tasks_for

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
TASK = Task(
    what="answer", text="Decide.", roles=frozenset({Role.INTAKE}), since=AT - 2 * HOUR, due_at=AT + 8 * HOUR, thread="t"
)

STATES: dict[str, tuple[Task, TaskState]] = {
    "in its first half": (TASK, TaskState.OPEN),
    "from half time on": (replace(TASK, since=AT - 8 * HOUR), TaskState.REMINDER),
    "at its very time": (replace(TASK, since=AT - 9 * HOUR, due_at=AT), TaskState.REMINDER),
    "just before half time": (replace(TASK, since=AT - 7 * HOUR), TaskState.OPEN),
    "past its time": (replace(TASK, due_at=AT - HOUR), TaskState.OVERDUE),
    "theirs": (replace(TASK, waits_for=WaitsFor.PEER), TaskState.WAITING),
    "theirs, and past its time": (replace(TASK, waits_for=WaitsFor.PEER, due_at=AT - HOUR), TaskState.OVERDUE),
    "without a time": (replace(TASK, due_at=None), TaskState.OPEN),
}


@pytest.mark.parametrize(("task", "state"), STATES.values(), ids=STATES)
def test_a_task_stands(task: Task, state: TaskState) -> None:
    assert task_state(task, AT) is state


MINE: dict[str, tuple[Task, bool]] = {
    "for my role": (TASK, True),
    "for another role": (replace(TASK, roles=frozenset({Role.CASE_WORKER})), False),
    "for me by name": (replace(TASK, who="inza"), True),
    "for a colleague": (replace(TASK, who="koffi"), False),
    "for an organisation, seen by the node's own staff": (replace(TASK, organisation="ci:accueil/clinic"), True),
    "from its first moment on": (replace(TASK, since=AT), True),
    "in half a year": (replace(TASK, since=AT + HOUR), False),
}


@pytest.mark.parametrize(("task", "mine"), MINE.values(), ids=MINE)
def test_whose_a_task_is(task: Task, *, mine: bool) -> None:
    found = tasks_for([task], role=Role.INTAKE, name="inza", organisation=None, at=AT)
    assert bool(found) is mine


def test_staff_of_an_organisation_see_only_what_it_has_to_do() -> None:
    ours, others = (replace(TASK, organisation=f"ci:accueil/{name}") for name in ("clinic", "school"))
    found = tasks_for([TASK, ours, others], role=Role.INTAKE, name="inza", organisation="ci:accueil/clinic", at=AT)
    assert found == (ours,)


def test_what_presses_most_stands_first() -> None:
    overdue = replace(TASK, what="overdue", due_at=AT - HOUR)
    theirs_overdue = replace(TASK, what="theirs, overdue", due_at=AT - 2 * HOUR, waits_for=WaitsFor.PEER)
    soon = replace(TASK, what="soon", due_at=AT + HOUR, since=AT - 9 * HOUR)
    later = replace(TASK, what="later", due_at=AT + 9 * HOUR)
    someday = replace(TASK, what="someday", due_at=None)
    waiting = replace(TASK, what="waiting", waits_for=WaitsFor.PEER)
    found = tasks_for(
        [waiting, someday, later, soon, theirs_overdue, overdue],
        role=Role.INTAKE,
        name="inza",
        organisation=None,
        at=AT,
    )
    assert [task.what for task in found] == ["overdue", "theirs, overdue", "soon", "later", "someday", "waiting"]


def test_what_is_due_stands_in_the_order_of_its_time_whether_half_of_it_is_over_or_not() -> None:
    reminder = replace(TASK, what="reminder", since=AT - 99 * HOUR, due_at=AT + 9 * HOUR)
    fresh = replace(TASK, what="fresh", since=AT, due_at=AT + HOUR)
    found = tasks_for([reminder, fresh], role=Role.INTAKE, name="inza", organisation=None, at=AT)
    assert [task.what for task in found] == ["fresh", "reminder"]


def test_of_two_that_are_due_at_once_the_older_and_then_the_name_decides() -> None:
    named = [replace(TASK, thread=None, case=case, what=f"case {case}") for case in ("c", None, "a")]
    older = replace(TASK, since=AT - 3 * HOUR, what="older")
    found = tasks_for([*named, TASK, older], role=Role.INTAKE, name="inza", organisation=None, at=AT)
    assert [task.what for task in found] == ["older", "case None", "case a", "case c", "answer"]
