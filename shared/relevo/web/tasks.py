"""The route `GET /api/tasks`: what whoever asks has to do, the most pressing first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel

from relevo.delivery import task_list
from relevo.delivery.task_list import Listed, Source
from relevo.domain.tasks import TaskState, WaitsFor
from relevo.web.access import CurrentUser, node_of


class TaskShown(BaseModel):
    """One thing to do; `text` says what to do next, without personal data."""

    what: str
    text: str
    state: TaskState
    waits_for: WaitsFor
    thread: str | None
    case: str | None
    who: str | None
    organisation: str | None
    since: datetime
    due_at: datetime | None


def task_router(sources: Sequence[Source]) -> APIRouter:
    """The route, over the sources of a node."""
    router = APIRouter(prefix="/api")

    @router.get("/tasks", tags=["referrals"])
    def list_tasks(request: Request, user: CurrentUser, *, overdue: bool = False) -> list[TaskShown]:
        """What I have to do, the most pressing first, and what waits for others."""
        with node_of(request).read(user) as work:
            return [_shown(one) for one in task_list.mine(work, sources, overdue_only=overdue)]

    return router


def _shown(one: Listed) -> TaskShown:
    task = one.task
    return TaskShown(
        what=task.what,
        text=task.text,
        state=one.state,
        waits_for=task.waits_for,
        thread=task.thread,
        case=task.case,
        who=task.who,
        organisation=task.organisation,
        since=task.since,
        due_at=task.due_at,
    )
