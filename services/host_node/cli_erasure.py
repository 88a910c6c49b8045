"""The command that shows which organisations at the origin have erased what they were given."""

from __future__ import annotations

import typer

from host_node import erasure
from relevo.cli import show
from relevo.cli.referrals import Thread
from relevo.cli.shared import opened, user


def add_to(app: typer.Typer) -> None:
    """Add this command to the application of the node."""
    app.command("erasures", rich_help_panel="Referrals")(show_chased)


def show_chased(ctx: typer.Context, thread: Thread) -> None:
    """Show which organisations the origin asked to erase their part, and who has confirmed."""
    with opened(ctx).read(user(ctx)) as work:
        found = erasure.chased(work, thread)
    rows = [(one.organisation, one.asked_at, one.confirmed_at) for one in found]
    columns = ("organisation", "asked (UTC)", "confirmed (UTC)")
    show.table(columns, rows, empty="The origin has asked no organisation to erase anything.")
