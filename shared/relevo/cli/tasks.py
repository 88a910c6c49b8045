"""The command `tasks`: what whoever calls has to do, the most pressing first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.delivery import task_list
from relevo.delivery.task_list import Listed, Source
from relevo.domain.tasks import TaskState, WaitsFor

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_BEGINNING = 8
_PRESSING = {TaskState.OVERDUE: ["OVERDUE"], TaskState.REMINDER: ["reminder"]}
_WAITS = {WaitsFor.PEER: "the other side", WaitsFor.ORGANISATION: "an organisation"}


def add_task_command(app: typer.Typer, sources: Sequence[Source]) -> None:
    """Give the application of a node its list of tasks."""

    @app.command("tasks", rich_help_panel="Referrals")
    def tasks(
        ctx: typer.Context,
        *,
        overdue: Annotated[bool, typer.Option("--overdue", help="Only what is past its time.")] = False,
    ) -> None:
        """List what you have to do, the most pressing first, and what waits for others."""
        with opened(ctx).read(user(ctx)) as work:
            found, at, own = task_list.mine(work, sources, overdue_only=overdue), work.at, work.user.organisation
        columns = ("referral", "what", "due (UTC)", "next")
        show.table(columns, [_row(one, at, own) for one in found], empty="Nothing is waiting for you.")


def due_in_words(due_at: datetime | None, at: datetime) -> str:
    """How long there still is: `in 3 days`, `2 hours ago`."""
    if due_at is None:
        return "now"
    span = abs(due_at - at)
    count, unit = (span // DAY, "day") if span >= 2 * DAY else (span // HOUR, "hour")
    words = f"{count} {unit}{'' if count == 1 else 's'}" if count else "less than an hour"
    return f"in {words}" if due_at >= at else f"{words} ago"


def _row(one: Listed, at: datetime, own: str | None) -> tuple[object, ...]:
    """One task; what waits for an organisation waits for nobody else where its own staff look."""
    task = one.task
    about = task.thread[:_BEGINNING] if task.thread else f"case {(task.case or '')[:_BEGINNING]}"
    pressing = _PRESSING.get(one.state, [])
    elsewhere = task.waits_for in _WAITS and not (own and task.waits_for is WaitsFor.ORGANISATION)
    waits = [f"with {_WAITS[task.waits_for]}"] if elsewhere else []
    what = [task.what, *pressing, *waits, *([f"for {task.who}"] if task.who else [])]
    until = [show.minute(task.due_at)] if task.due_at else []
    due = [due_in_words(task.due_at, at), *until, f"since {show.minute(task.since)}"]
    return about, "\n".join(what), "\n".join(due), task.text
