"""Commands about organisations that must erase what they were given."""

from __future__ import annotations

from typing import Annotated

import typer

from origin_node import chasing
from origin_node.cli_words import Thread
from relevo.cli import show
from relevo.cli.shared import opened, user

Organisation = Annotated[str, typer.Option("--organisation", help="Who has erased, such as ci:accueil/housing-desk.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    app.command("erasures", rich_help_panel="Ending")(show_chased)
    app.command("confirm-erasure", rich_help_panel="Ending")(confirm)


def show_chased(ctx: typer.Context, thread: Thread) -> None:
    """Show which organisations must erase their part, and who has confirmed."""
    with opened(ctx).read(user(ctx)) as work:
        found = chasing.show(work, thread)
    rows = [(one.organisation, one.asked_at, one.due_at, one.confirmed_at) for one in found]
    columns = ("organisation", "asked (UTC)", "due (UTC)", "confirmed (UTC)")
    show.table(columns, rows, empty="No organisation was asked to erase anything.")


def confirm(ctx: typer.Context, thread: Thread, organisation: Organisation) -> None:
    """Confirm that an organisation has erased what it was given, and tell the host."""
    with opened(ctx).write(user(ctx)) as work:
        chasing.confirm(work, thread, organisation)
    show.line(f"{organisation} has erased what it was given; the host is told.")
