"""Commands of a host about the record: the case, what came back, corrections, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from host_node import cases, corrections, record
from host_node.record import Held
from relevo.cli import show
from relevo.cli.costs import File, read_object
from relevo.cli.looks import WhyLooking
from relevo.cli.record import print_parts
from relevo.cli.referrals import Thread, report
from relevo.cli.shared import opened, user
from relevo.domain.access_to_data import NOT_YOURS, LookReason
from relevo.domain.data_classes import DataClass

Case = Annotated[str, typer.Argument(metavar="CASE", help="The reference of the case, or its id.")]
Because = Annotated[str, typer.Option("--reason", help="Why, in one line.")]
record_app = typer.Typer(help="The complete record of a referral.", no_args_is_help=True)


def add_to(app: typer.Typer, case_app: typer.Typer) -> None:
    """Add these commands to the application of the node, and to its commands about cases."""
    panel = "Referrals"
    app.add_typer(record_app, name="record", rich_help_panel=panel)
    app.command("returned", rich_help_panel=panel)(show_returned)
    app.command("correct", rich_help_panel=panel)(correct)
    case_app.command("show")(show_case)
    case_app.command("correct")(correct_case)


@record_app.command("show")
def show_record(ctx: typer.Context, thread: Thread) -> None:
    """Show the seven parts of the record: present since when, or missing since when."""
    with opened(ctx).read(user(ctx)) as work:
        found = record.show(work, thread)
    print_parts(found)


def show_case(ctx: typer.Context, case: Case, why: WhyLooking = LookReason.PREPARE) -> None:
    """Show what a case says and said before, as far as your role may read it; the look is written down."""
    with opened(ctx).write(user(ctx)) as work:
        found = record.case(work, case, why)
    show.facts({"case": found.reference, "id": found.id})
    _print(found.now, "imported {at} by {by}")
    _print(found.before, "until {at}, changed by {by}: {reason}")


def show_returned(ctx: typer.Context, thread: Thread, why: WhyLooking = LookReason.FOLLOW_UP) -> None:
    """Show what came back from the origin, as far as your role may read it; the look is written down."""
    with opened(ctx).write(user(ctx)) as work:
        found = record.returned(work, thread, why)
    _print(found, "came {at} from {by}")
    if not found:
        show.line("Nothing has come back yet.")


def correct_case(
    ctx: typer.Context,
    case: Case,
    data_class: Annotated[DataClass, typer.Option("--class", help="The data class that was wrong.")],
    file: File,
    reason: Because,
) -> None:
    """Put right one data class of a case, from a JSON file with its fields; nothing leaves by it."""
    with opened(ctx).write(user(ctx)) as work:
        told = corrections.correct_case(work, cases.find(work, case), data_class, read_object(file), reason)
    show.line("Corrected; what stood there before stays readable.")
    for thread in told:
        show.line(f"Next, if the origin was told: host-node correct {thread} --class {data_class} --reason …")


def correct(
    ctx: typer.Context,
    thread: Thread,
    classes: Annotated[list[DataClass], typer.Option("--class", help="A data class that was wrong; may be repeated.")],
    reason: Because,
) -> None:
    """Tell the origin that some data classes were stated wrongly; it gets what stands in the case now."""
    with opened(ctx).write(user(ctx)) as work:
        row = corrections.correct(work, thread, classes, reason)
    report(row)


def _print(found: Iterable[Held], title: str) -> None:
    for one in found:
        show.line("")
        told = title.format(at=show.shown(one.at), by=one.by, reason=one.reason)
        show.line(f"{one.data_class}, {told}", "bold")
        show.facts(one.fields if one.readable else {one.data_class: NOT_YOURS})
