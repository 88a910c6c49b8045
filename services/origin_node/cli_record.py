"""Commands of an origin about the record: assessing anew, striking what was wrong, and what is missing."""

from __future__ import annotations

from typing import Annotated

import typer

from origin_node import reassessment, record, striking
from origin_node.cli_words import Because, Thread
from origin_node.striking import Entry
from relevo.cli import show
from relevo.cli.costs import File, read_object
from relevo.cli.record import print_parts
from relevo.cli.shared import opened, user
from relevo.domain.data_classes import DataClass

PANEL = "Referrals"
record_app = typer.Typer(help="The complete record of a referral.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    app.add_typer(record_app, name="record", rich_help_panel=PANEL)
    app.command("reassess", rich_help_panel=PANEL)(reassess)
    app.command("strike", rich_help_panel=PANEL)(strike)


@record_app.command("show")
def show_record(ctx: typer.Context, thread: Thread) -> None:
    """Show the seven parts of the record: present since when, or missing since when."""
    with opened(ctx).read(user(ctx)) as work:
        found = record.show(work, thread)
    print_parts(found)


def reassess(
    ctx: typer.Context,
    thread: Thread,
    data_class: Annotated[DataClass, typer.Option("--class", help="The data class that you assessed.")],
    file: File,
) -> None:
    """Write down a data class as you found it; what the host stated stays beside it."""
    with opened(ctx).write(user(ctx)) as work:
        (row,) = reassessment.reassess(work, thread, {data_class: read_object(file)})
        number = row.id
    show.line(f"Assessment {number} stands beside what the host stated; `profile` shows both.")


def strike(
    ctx: typer.Context,
    thread: Thread,
    what: Annotated[Entry, typer.Argument(help="A report, or an assessment.")],
    number: Annotated[int, typer.Argument(help="Its number, as `reports` or `profile` shows it.")],
    reason: Because,
) -> None:
    """Mark a report or an assessment of this node as entered in error; it stays, struck."""
    with opened(ctx).write(user(ctx)) as work:
        striking.strike(work, thread, what, number, reason)
    show.line(f"The {what} {number} is struck and stays readable as such.")
