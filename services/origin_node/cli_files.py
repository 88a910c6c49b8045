"""The command of an origin that sends the host a file, beside those that both sides have."""

from __future__ import annotations

import typer

from origin_node import files
from origin_node.cli_words import Thread
from relevo.cli import show
from relevo.cli.files import File, Kind, Title, file_commands, plain
from relevo.cli.shared import opened, user


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    group = file_commands()
    group.command("attach")(attach)
    app.add_typer(group, name="file", rich_help_panel="Referrals")


def attach(ctx: typer.Context, thread: Thread, file: File, kind: Kind, title: Title = None) -> None:
    """Send the host a file with what returns, as far as procedure and consent let it; its name does not travel."""
    with plain(file) as (pieces, size):
        digest = files.attach(opened(ctx), user(ctx), thread, pieces, size=size, kind=kind, title=title)
    show.line(f"Attached: {digest}.")
    show.line(f"Next: `origin-node file list {thread}` shows whether it has arrived.")
