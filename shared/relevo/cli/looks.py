"""Commands about looks at personal data: who looked, for auditors, without the data; why, for those who look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.delivery import look_proof
from relevo.domain.access_to_data import LookReason
from relevo.storage import access_log

WhyLooking: TypeAlias = Annotated[LookReason, typer.Option("--why", help="Why you look; it is written down.")]
Subject = Annotated[
    str,
    typer.Argument(
        metavar="THREAD|CASE",
        help="A referral by its thread, or a case by its id; the first eight characters are enough.",
    ),
]

access_app = typer.Typer(help="Who looked at personal data.", no_args_is_help=True)


@access_app.command("list")
def list_looks(ctx: typer.Context, subject: Subject) -> None:
    """List every look at a referral or a case: who, in which role, at which classes, when and why."""
    with opened(ctx).read(user(ctx)) as work:
        rows = [
            (one.number, one.at, f"{one.who or '(erased)'}\n{one.role}", ", ".join(one.classes), one.why)
            for one in access_log.looks(work, subject)
        ]
    show.table(
        ("look", "when (UTC)", "who", "classes", "why"),
        rows,
        empty=f"Nobody has looked at anything whose id begins with {subject}.",
    )


@access_app.command("prove")
def prove(
    ctx: typer.Context,
    subject: Subject,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The look, as `access list` numbers it.")],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
) -> None:
    """Write a file by which the person or an auditor can check that a look is in the log; it names who looked."""
    with opened(ctx).read(user(ctx)) as work:
        found = look_proof.prove(work, subject, number)
    out.write_bytes(found)
    show.line(f"{out} shows look {number}. Check it anywhere with: relevo verify {out}")
