"""Commands that carry the post as files, for the time without a network.

    host-node outbox export --peer ci:accueil post.relevo         on the sender's machine
    origin-node inbox import post.relevo answers.relevo           on the receiver's
    host-node outbox settle answers.relevo                        back on the sender's

Each may be repeated, and the network may carry the same messages meanwhile: every message has one effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.delivery import bundles
from relevo.errors import BadInput, RelevoError

outbox_app = typer.Typer(help="Carry our post to a peer as a file.", no_args_is_help=True)
inbox_app = typer.Typer(help="Take in a peer's post that came as a file.", no_args_is_help=True)

There = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The file that was brought.")]


@outbox_app.command("export")
def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; must not be there yet.")],
    peer: Annotated[str, typer.Option(metavar="NODE_ID", help="For whom.")],
) -> None:
    """Write what is queued for a peer into a file; it is sealed, so any way of carrying it will do."""
    node, acting = opened(ctx), user(ctx)
    with _fresh(file) as written:
        count = bundles.export_post(node, peer, written, acting)
    show.line(f"Messages for {peer} in {file}: {count}. They stay queued until their receipts have come.")
    show.line(f"Next: bring it to {peer}, whose administrator gives it to `inbox import`.")


@outbox_app.command("settle")
def settle(ctx: typer.Context, file: There) -> None:
    """Take in the answers that a peer wrote when it imported our file."""
    with file.open("rb") as given:
        peer, count = bundles.import_results(opened(ctx), given, user(ctx))
    show.line(f"Messages to {peer} that are receipted now: {count}. `delivery stuck` shows what is not.")


@inbox_app.command("import")
def take_in(
    ctx: typer.Context,
    file: There,
    answers: Annotated[Path, typer.Argument(metavar="ANSWERS", help="Where to write the answers for the sender.")],
) -> None:
    """Take in a peer's post from a file, and write the answers, which go back the same way."""
    with file.open("rb") as given, _fresh(answers) as written:
        peer, count = bundles.import_post(opened(ctx), given, written, user(ctx))
    show.line(f"Messages of {peer} that were read: {count}.")
    show.line(f"Next: bring {answers} back to {peer}, whose administrator gives it to `outbox settle`.")


@contextmanager
def _fresh(file: Path) -> Iterator[BinaryIO]:
    """A file that was not there before, and is not there afterwards if nothing could be written into it.

    Raises:
        BadInput: if it is there already, or cannot be made.
    """
    try:
        written = file.open("xb")
    except OSError as fault:
        raise BadInput(
            f"{file} cannot be written: {fault.strerror}", next_step="Name a file that is not there yet."
        ) from None
    try:
        with written:
            yield written
    except RelevoError:
        file.unlink()
        raise
