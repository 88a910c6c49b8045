"""The command of a host that attaches a file to a case, beside those that both sides have."""

from __future__ import annotations

from typing import Annotated

import typer

from host_node import files
from relevo.cli import show
from relevo.cli.files import File, Kind, Title, file_commands, plain
from relevo.cli.shared import opened, user


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    group = file_commands()
    group.command("attach")(attach)
    app.add_typer(group, name="file", rich_help_panel="Cases")


def attach(
    ctx: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="The reference of the case, or its id.")],
    file: File,
    kind: Kind,
    title: Title = None,
) -> None:
    """Attach a file to a case; it is sealed at once, and its name does not travel."""
    with plain(file) as (pieces, size):
        digest = files.attach(opened(ctx), user(ctx), case, pieces, size=size, kind=kind, title=title)
    show.line(f"Attached: {digest}.")
    show.line(f"Next: `host-node preview {case}` shows whether the class documents would leave.")
