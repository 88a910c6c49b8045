"""Commands for clinicians of both sides: ask the other side, and read what was asked and answered.

What they write is about somebody's health, so it never stands on a command line, which other users of the machine can
see and a shell remembers: it comes from a file, or is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.cli.referrals import Thread, report
from relevo.delivery import clinical
from relevo.delivery.clinical import Entitled
from relevo.errors import BadInput

Text = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", exists=True, dir_okay=False, help="A text file; else you are asked."),
]
To = Annotated[str, typer.Option("--to", metavar="MESSAGE", help="The question, as `medical list` shows it.")]


def medical_app(entitled: Entitled) -> typer.Typer:
    """The commands that both sides have; each adds its own answer, and says by `entitled` whose referral it is."""
    app = typer.Typer(help="What clinicians on both sides ask and tell each other.", no_args_is_help=True)

    @app.command("ask")
    def ask(ctx: typer.Context, thread: Thread, text: Text = None) -> None:
        """Ask the clinicians of the other side."""
        question = words(text, "Question")
        with opened(ctx).write(user(ctx)) as work:
            row = clinical.ask(work, thread, question, entitled=entitled)
        report(row)

    @app.command("list")
    def read(ctx: typer.Context, thread: Thread) -> None:
        """Read what was asked and answered."""
        with opened(ctx).write(user(ctx)) as work:
            found = clinical.words(work, thread, entitled=entitled)
        for one in found:
            show.line(f"{one.step} {one.jti or '(kept here)'}, {one.side}, {show.shown(one.at)}", "bold")
            show.line(f"  {one.text}")
        if not found:
            show.line("Nothing was asked yet.")

    return app


def words(text: Path | None, prompt: str) -> str:
    """What a clinician writes, from a file or typed now.

    Raises:
        BadInput: if the file is no text.
    """
    try:
        found = text.read_text(encoding="utf-8") if text is not None else str(typer.prompt(prompt))
    except UnicodeDecodeError:
        raise BadInput("the file is not text in UTF-8", field="--from") from None
    return found.strip()
