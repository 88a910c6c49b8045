"""Commands of a host's clinicians."""

from __future__ import annotations

from typing import Annotated

import typer

from host_node import agencies, clinicians
from relevo.cli.medical import Text, To, medical_app, words
from relevo.cli.referrals import Thread, report
from relevo.cli.shared import opened, user
from relevo.domain.data_classes import DataClass


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    medical = medical_app(agencies.entitled)
    medical.command("answer")(answer)
    app.add_typer(medical, name="medical", rich_help_panel="Referrals")


def answer(
    ctx: typer.Context,
    thread: Thread,
    to: To,
    text: Text = None,
    *,
    classes: Annotated[
        list[DataClass] | None, typer.Option("--class", help="A data class to send; may be repeated.")
    ] = None,
) -> None:
    """Answer a question of the origin's clinicians, with health data of the case where it may leave."""
    said = words(text, "Answer")
    with opened(ctx).write(user(ctx)) as work:
        row = clinicians.answer(work, thread, to, said, classes or ())
    report(row)
