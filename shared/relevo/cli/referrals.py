"""Commands that both sides have about referrals: the list by deadline, the timeline of one, and its evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.delivery import evidence, steps
from relevo.domain.access import Act
from relevo.storage import referrals
from relevo.storage.referrals import TimelineEntry
from relevo.storage.tables import DutyRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

Thread = Annotated[str, typer.Argument(metavar="THREAD", help="The referral, as `list` shows it.")]


def add_referral_commands(app: typer.Typer) -> None:
    """Give the application of a node the commands that both sides have about referrals."""
    panel = "Referrals"
    app.command("list", rich_help_panel=panel)(list_all)
    app.command("show", rich_help_panel=panel)(show_one)
    app.command("evidence", rich_help_panel=panel)(export)


def list_all(ctx: typer.Context) -> None:
    """List all referrals, the nearest deadline first."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.LIST)
        found = [(referrals.next_duty(work.session, row), row) for row in referrals.everything(work.session)]
        found.sort(key=lambda pair: (pair[0] is None, pair[0] and pair[0].due_at, pair[1].thread))
        rows = [(row.thread, row.peer, row.status, row.urgency, _due(work, duty)) for duty, row in found]
    show.table(("referral", "with", "status", "urgency", "due"), rows, empty="There is no referral yet.")


def show_one(ctx: typer.Context, thread: Thread) -> None:
    """Show where a referral stands and everything that happened in it, with the receipt of each message."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.READ_TIMELINE)
        row = referrals.by_thread(work.session, thread)
        entries = referrals.timeline(work.session, row)
        duties = [duty for duty in referrals.duties(work.session, row) if not duty.dropped]
        show.facts(_standing(work, row))
        show.line("")
        show.table(
            ("when", "step", "who", "message"), [_line(entry) for entry in entries], empty="Nothing happened yet."
        )
        show.line("")
        show.table(("due", "what", "whose", "done"), [_duty(duty) for duty in duties], empty="Nothing is due.")


def export(
    ctx: typer.Context,
    thread: Thread,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
) -> None:
    """Write the evidence of a referral, without personal data, for `relevo verify`."""
    with opened(ctx).read(user(ctx)) as work:
        found = evidence.export(work, thread)
    out.write_bytes(found)
    show.line(f"{out} holds the evidence. Check it anywhere with: relevo verify {out}")


def report(row: ReferralRow) -> None:
    """Say in one line where a referral stands after a step."""
    show.line(f"{row.thread}: {row.status}, journey {row.journey}.")


def _standing(work: UnitOfWork, row: ReferralRow) -> dict[str, object]:
    return {
        "referral": row.thread,
        "with": row.peer,
        "status": row.status,
        "journey": row.journey,
        "urgency": row.urgency,
        "purpose": row.purpose,
        "services": row.services,
        "arrival": row.arrived_at or row.planned_arrival,
        "you may": steps.allowed_now(row, work.identity.side),
    }


def _line(entry: TimelineEntry) -> tuple[object, ...]:
    late = " (late)" if entry.late else ""
    receipt = f"{entry.delivery} {show.shown(entry.receipted_at)}" if entry.receipted_at else entry.delivery
    return entry.at, entry.step + late, entry.who, f"{receipt} {entry.problem}" if entry.problem else receipt


def _duty(duty: DutyRow) -> tuple[object, ...]:
    return duty.due_at, duty.duty, duty.side, duty.done_at


def _due(work: UnitOfWork, duty: DutyRow | None) -> str:
    if duty is None:
        return "-"
    overdue = " OVERDUE" if duty.due_at < work.at else ""
    return f"{duty.duty} {show.shown(duty.due_at)}{overdue}"
