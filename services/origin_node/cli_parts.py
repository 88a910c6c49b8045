"""Commands for the staff of an organisation, and for intake about what organisations were given."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from origin_node import assignments, giving, offers, own_part
from origin_node.cli_words import Thread, done
from origin_node.own_part import OwnPart
from relevo.cli import show
from relevo.cli.shared import opened, user
from relevo.errors import BadInput

PANEL = "Organisations"
part_app = typer.Typer(help="What an organisation is given of a person.", no_args_is_help=True)
offer_app = typer.Typer(help="Services that are offered to your organisation.", no_args_is_help=True)

Service = Annotated[str, typer.Argument(metavar="SERVICE", help="A service, as `offer list` shows it.")]
Digest = Annotated[str, typer.Argument(metavar="DIGEST", help="A file, as `part show` tells its digest.")]
Reason = Annotated[str | None, typer.Option(help="In a few words; stays at this node.")]


def add_to(parent: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    parent.add_typer(offer_app, name="offer", rich_help_panel=PANEL)
    parent.add_typer(part_app, name="part", rich_help_panel=PANEL)


@offer_app.command("list")
def list_offers(ctx: typer.Context) -> None:
    """List what is offered to your organisation, and what it has taken."""
    with opened(ctx).read(user(ctx)) as work:
        rows = [(one.thread, one.service, one.status, one.urgency, one.area) for one in offers.mine(work)]
    show.table(("referral", "service", "status", "urgency", "area"), rows, empty="Nothing is offered.")


@offer_app.command("accept")
def accept(
    ctx: typer.Context,
    thread: Thread,
    service: Service,
    cost: Annotated[str | None, typer.Option(metavar="AMOUNT", help="What your organisation means to spend.")] = None,
    because: Annotated[str | None, typer.Option(help="Why, although there is no place or money left.")] = None,
) -> None:
    """Take a service; your organisation is then given its part."""
    done(ctx, lambda work: assignments.answer(work, thread, service, accept=True, cost=cost, because=because))


@offer_app.command("decline")
def decline(ctx: typer.Context, thread: Thread, service: Service, reason: Reason = None) -> None:
    """Do not take a service, or give it back before it began."""
    done(ctx, lambda work: assignments.answer(work, thread, service, accept=False, reason=reason))


@part_app.command("show")
def show_part(ctx: typer.Context, thread: Thread) -> None:
    """Show what your organisation was given; how to reach the person comes first."""
    with opened(ctx).write(user(ctx)) as work:
        found = own_part.read(work, thread)
    for one in found:
        _print(one)


@part_app.command("export")
def export(
    ctx: typer.Context,
    thread: Thread,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")],
    service: Annotated[str | None, typer.Option(help="Which service, where there are several.")] = None,
) -> None:
    """Write your part into a file, which `relevo part verify` checks with no node near."""
    with opened(ctx).write(user(ctx)) as work:
        found = own_part.export(work, thread, service)
    try:
        out.write_bytes(found)
    except OSError as fault:
        raise BadInput(f"the file cannot be written: {fault.strerror}", field="--out") from None
    show.line(f"{out} holds the part. Keep it as safe as the person would.")
    show.line(f"Check it anywhere with: relevo part verify {out} --statement FILE, the statement of the host.")


@part_app.command("file")
def read_file(ctx: typer.Context, thread: Thread, digest: Digest) -> None:
    """Write a file that your part names to standard output: `part file THREAD DIGEST > sheet.pdf`."""
    for piece in own_part.open_file(opened(ctx), user(ctx), thread, digest).pieces:
        sys.stdout.buffer.write(piece)


@part_app.command("list")
def list_given(ctx: typer.Context, thread: Thread) -> None:
    """List what was given of a referral, to whom, and what became of it; for intake."""
    with opened(ctx).read(user(ctx)) as work:
        found = giving.given_in(work, thread)
        rows = [
            (one.given_at, one.organisation, one.service, one.paths, _became(one.ended_at, one.chased_at))
            for one in found
        ]
    show.table(("given (UTC)", "organisation", "service", "fields", "now"), rows, empty="Nothing was given.")


@part_app.command("give")
def give(ctx: typer.Context, thread: Thread, service: Service) -> None:
    """Give an organisation its part again, after it was asked to erase an earlier one; for intake."""
    with opened(ctx).write(user(ctx)) as work:
        given = giving.give_anew(work, thread, service)
        paths = given.paths
    show.line(f"Given: {', '.join(paths)}.")


def _became(ended: object, chased: object) -> str:
    return "asked back" if chased else "ended" if ended else "in use"


def _print(one: OwnPart) -> None:
    show.line(one.rule, "bold red")
    if one.confidential:
        show.line("This case is confidential. Tell nobody that you know this person.", "bold red")
    show.facts(one.contact)
    show.line("")
    show.line(f"{one.service}: {one.status}. Signed by {one.signed_by}, given on {show.shown(one.given_at)}.", "bold")
    for name, fields in one.classes.items():
        show.line(name, "bold")
        show.facts(fields)
