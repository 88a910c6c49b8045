"""The command of a host that attaches a file to a case, beside those that both sides have."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from host_node import files
from relevo.cli import show
from relevo.cli.files import file_commands
from relevo.cli.shared import opened, user
from relevo.messages.circumstances_results import FileKind

CHUNK = 1 << 16


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    group = file_commands()
    group.command("attach")(attach)
    app.add_typer(group, name="file", rich_help_panel="Cases")


def attach(
    ctx: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="The reference of the case, or its id.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="PDF, picture, DOCX, ODT.")],
    kind: Annotated[FileKind, typer.Option("--kind", help="What it is.")],
    title: Annotated[str | None, typer.Option("--title", help="What it is, in a few words for both sides.")] = None,
) -> None:
    """Attach a file to a case; it is sealed at once, and its name does not travel."""
    with file.open("rb") as plain:
        pieces = iter(partial(plain.read, CHUNK), b"")
        size = file.stat().st_size
        digest = files.attach(opened(ctx), user(ctx), case, pieces, size=size, kind=kind, title=title)
    show.line(f"Attached: {digest}.")
    show.line(f"Next: `host-node preview {case}` shows whether the class documents would leave.")
