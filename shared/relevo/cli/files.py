"""Commands about the files of a referral, for both kinds of node."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.looks import WhyLooking
from relevo.cli.referrals import Thread
from relevo.cli.shared import opened, user
from relevo.delivery import files_view
from relevo.domain.access_to_data import LookReason
from relevo.messages.circumstances_results import FileKind

CHUNK = 1 << 16
Digest = Annotated[str, typer.Argument(metavar="DIGEST", help="A file, as `file list` shows it.")]
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="PDF, picture, DOCX, ODT.")]
Kind = Annotated[FileKind, typer.Option("--kind", help="What it is.")]
Title = Annotated[str | None, typer.Option("--title", help="What it is, in a few words for both sides.")]


def file_commands() -> typer.Typer:
    """The group `file` with what both sides do."""
    app = typer.Typer(help="Files of a referral: consent sheets, certificates.", no_args_is_help=True)
    app.command("list")(list_files)
    app.command("read")(read_file)
    return app


def list_files(ctx: typer.Context, thread: Thread, why: WhyLooking = LookReason.ASSIST) -> None:
    """List the files of a referral and how far each has come; the look is written down."""
    found = files_view.show(opened(ctx), user(ctx), thread, why)
    rows = [(one.entry.digest, one.entry.kind, one.entry.title, one.state, one.problem) for one in found]
    show.table(("file", "kind", "title", "state", "problem"), rows, empty="This referral names no file.")


def read_file(ctx: typer.Context, thread: Thread, digest: Digest, why: WhyLooking = LookReason.ASSIST) -> None:
    """Write one file to standard output: `file read THREAD DIGEST > sheet.pdf`; the look is written down."""
    for piece in files_view.read(opened(ctx), user(ctx), thread, digest, why).pieces:
        sys.stdout.buffer.write(piece)


@contextmanager
def plain(file: Path) -> Iterator[tuple[Iterator[bytes], int]]:
    """A file that somebody attaches: its bytes piece by piece, and how many there are."""
    with file.open("rb") as opened_file:
        yield iter(partial(opened_file.read, CHUNK), b""), file.stat().st_size
