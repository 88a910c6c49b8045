"""Commands that both sides have about referrals: the list by deadline, the timeline of one, and its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from relevo.cli import evidence, show
from relevo.cli.context import invocation, opened, user
from relevo.cli.evidence import THREAD_LENGTH, whole_thread
from relevo.delivery import clinical, duties, steps, undelivered
from relevo.domain.access import Act
from relevo.domain.deadlines import DueState
from relevo.domain.sides import Urgency
from relevo.errors import BadInput
from relevo.storage import referrals
from relevo.storage.referrals import TimelineEntry
from relevo.storage.tables import DutyRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

_PLAIN = frozenset({DueState.OPEN, DueState.KEPT})
_TOLD = ("service", "status", "outcome", "month", "organisation")
"""What of a step's words stands in the timeline: words of closed lists and numbers, never free text."""


Thread = Annotated[
    str,
    typer.Argument(
        metavar="THREAD", help="The referral, as `list` shows it.", callback=whole_thread, show_default=False
    ),
]


def add_referral_commands(app: typer.Typer) -> None:
    """Give the application of a node the commands that both sides have about referrals."""
    panel = "Referrals"
    app.command("list", rich_help_panel=panel)(list_all)
    app.command("show", rich_help_panel=panel)(show_one)
    app.command("evidence", rich_help_panel=panel)(evidence.export)


def list_all(
    ctx: typer.Context,
    *,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only those that wait for a decision past its time.")
    ] = False,
) -> None:
    """List all referrals, the nearest deadline first; what is unanswered is counted apart, never as declined."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.LIST)
        everything = opened(ctx).referrals(work)
        waiting = [row for row in everything if duties.is_unanswered_now(work, row)]
        found = [(referrals.next_duty(work.session, row), row) for row in (waiting if unanswered else everything)]
        found.sort(key=lambda pair: (pair[0] is None, pair[0] and pair[0].due_at, pair[1].thread))
        length = shown_length(row.thread for _, row in found)
        rows = [(row.thread[:length], *_due(work, row, duty), row.peer, row.status) for duty, row in found]
    empty = "Every referral is answered or in time." if unanswered else "There is no referral yet."
    show.table(("referral", "due (UTC)", "what", "with", "status"), rows, empty=empty)
    if waiting:
        show.line(f"Unanswered past their time (not declined): {len(waiting)}.", "bold")


def show_one(ctx: typer.Context, thread: Thread) -> None:
    """Show where a referral stands and everything that happened in it, with the receipt of each message."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.READ_TIMELINE)
        row = opened(ctx).referral(work, thread)
        entries = clinical.readable(work, row, referrals.timeline(work.session, row))
        kept = [duty for duty in referrals.duties(work.session, row) if not duty.dropped]
        side = work.identity.side
        show.facts(_standing(row) | {"you may": invocation(ctx).commands(steps.allowed_now(row, side))})
        show.line("")
        show.table(
            ("when (UTC)", "step", "who", "message"), [_line(entry) for entry in entries], empty="Nothing happened yet."
        )
        for entry in entries:
            if advice := undelivered.next_step(entry.delivery, entry.problem):
                show.line(f"{entry.step} ({entry.problem}): {advice}", "bold")
        show.line("")
        columns = ("due (UTC)", "what", "whose", "done (UTC)")
        show.table(columns, [_duty(work, row, duty) for duty in kept], empty="Nothing is due.")


def report(row: ReferralRow) -> None:
    """Say in one line where a referral stands after a step."""
    show.line(f"{row.thread}: {row.status}, journey {row.journey}.")


def _standing(row: ReferralRow) -> dict[str, object]:
    return {
        "referral": row.thread,
        "with": row.peer,
        "status": row.status,
        "journey": row.journey,
        "urgency": row.urgency,
        "purpose": row.purpose,
        "rests on": "an exception, without consent" if referrals.rests_on_exception(row) else "consent",
        "services": row.services,
        "arrival": row.arrived_at or row.planned_arrival,
    }


def moment(text: str) -> datetime:
    """A moment as it is typed, with its offset: `2026-12-14T19:35:00+01:00`, or `…Z` for UTC.

    Raises:
        BadInput: if it is none, or has no offset.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput("not a time with its offset, such as 2026-12-14T19:35:00+01:00", field="--at")
    return found


def _line(entry: TimelineEntry) -> tuple[object, ...]:
    about = [str(entry.said[name]) for name in _TOLD if name in entry.said]
    late = ["(late)"] if entry.late else []
    receipt = f"{entry.delivery} {show.minute(entry.receipted_at)}" if entry.receipted_at else entry.delivery
    told = f"{receipt}\n{entry.problem}" if entry.problem else receipt
    return entry.at, "\n".join([entry.step, *about, *late]), entry.who.replace(" (", "\n("), told


def _duty(work: UnitOfWork, row: ReferralRow, duty: DutyRow) -> tuple[object, ...]:
    """When what is due, how it stands where that is not plain, and whom to phone once it is overdue."""
    state, asked = duties.standing(duty, work.at), duties.whom_to_ask(work, row, duty)
    what = [duty.duty, *([] if state in _PLAIN else [f"({state})"])]
    whose = [duty.side, *([f"ask {asked[1].name}, {asked[1].phone}"] if asked else [])]
    return duty.due_at, "\n".join(what), "\n".join(whose), duty.done_at


def _due(work: UnitOfWork, row: ReferralRow, duty: DutyRow | None) -> tuple[object, str]:
    """When what is due, and below it what makes it pressing."""
    pressing = [] if row.urgency == Urgency.ROUTINE else [row.urgency]
    if duty is None:
        return None, "\n".join(pressing) or "-"
    overdue = ["OVERDUE"] if duty.due_at < work.at else []
    return duty.due_at, "\n".join([duty.duty, *overdue, *pressing])


def shown_length(threads: Iterable[str]) -> int:
    """How much of each thread has to be shown so that no two look the same."""
    all_of_them = set(threads)
    lengths = range(referrals.SHORTEST, THREAD_LENGTH + 1)
    return next(length for length in lengths if len({one[:length] for one in all_of_them}) == len(all_of_them))
