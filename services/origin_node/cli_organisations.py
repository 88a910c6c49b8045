"""Commands about partner organisations: the register, and which one a service is offered to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from origin_node import assignments, offers, organisations
from origin_node.cli_words import Thread
from relevo.cli import show
from relevo.cli.shared import opened, user
from relevo.domain.organisations import Fit, Organisation, Proposal
from relevo.errors import BadInput
from relevo.protocol.strict_json import JsonValue

app = typer.Typer(help="Partner organisations of this node.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as ci:accueil/housing-desk.")]
Fields = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Such as area=Abidjan,Bouaké or places=housing:12; repeated."),
]
LISTS = frozenset({"services", "people", "area", "languages"})
FLAGS = frozenset({"confidential", "active"})
YES = {"yes": True, "no": False}
_NUMBER = re.compile(r"[0-9]{1,9}")


def add_to(parent: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    parent.add_typer(app, name="organisation", rich_help_panel="Organisations")
    parent.command(rich_help_panel="Organisations")(proposals)


@app.command("add")
def add(ctx: typer.Context, name: Name, fields: Fields = None) -> None:
    """Take in an organisation; title and services are needed, and the day of the check is today unless set."""
    given = fields_given(fields or ())
    with opened(ctx).write(user(ctx)) as work:
        organisations.add(work, {"id": name, "checked_on": work.at.date().isoformat(), **given})
    show.line(f"{name} is here.")


@app.command("change")
def change(ctx: typer.Context, name: Name, fields: Fields = None) -> None:
    """Write some fields of an organisation anew; those left out stay."""
    given = fields_given(fields or ())
    with opened(ctx).write(user(ctx)) as work:
        organisations.change(work, name, given)
    show.line(f"{name} is changed.")


@app.command("import")
def take_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML; shared/organisations has samples.")],
) -> None:
    """Take in every organisation of a file, or what it says anew."""
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="file") from None
    with opened(ctx).write(user(ctx)) as work:
        names = organisations.take_file(work, raw)
    show.line(f"Here now: {', '.join(names)}.")


@app.command("list")
def list_all(ctx: typer.Context) -> None:
    """List all organisations, with what they have left."""
    with opened(ctx).read(user(ctx)) as work:
        rows = [(one.id, sorted(one.services), _left(one), one.checked_on) for one in organisations.list_all(work)]
    show.table(("organisation", "services", "left", "checked"), rows, empty="There is no organisation yet.")


@app.command("show")
def show_one(ctx: typer.Context, name: Name) -> None:
    """Show an organisation, and what it has on its hands."""
    with opened(ctx).read(user(ctx)) as work:
        found = organisations.show(work, name)
    lists = {field: sorted(getattr(found, field)) for field in ("services", "people", "area", "languages")}
    one_by_one = {field: getattr(found, field) for field in ("confidential", "active", "checked_on")}
    money = {"budget": found.budget, "currency": found.currency, "promised": found.committed, "spent": found.spent}
    show.facts({"organisation": found.id, "title": found.title, **lists, **one_by_one, **money, "left": _left(found)})


def proposals(
    ctx: typer.Context,
    thread: Thread,
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A requested service.")],
) -> None:
    """Show to which organisations a service may be offered, the best first, with what speaks for and against each."""
    with opened(ctx).read(user(ctx)) as work:
        found = offers.proposals(work, thread, service)
        before = assignments.history(work, thread, service)
    for notice in found.notices:
        show.line(notice, "bold red")
    for one in found.found:
        _print(one)
    if not found.found:
        show.line("No organisation of this node may be offered this service.")
    if before:
        lines = [(one.at, one.status, one.organisation, one.by, one.reason) for one in before]
        show.table(("when (UTC)", "what", "organisation", "by", "why"), lines, empty="")


def _print(one: Proposal) -> None:
    needs = "" if one.fit is Fit.FITS else " (only with a reason: --because)"
    show.line(f"{one.organisation.id}, {one.organisation.title}{needs}", "bold")
    for text in one.reasons_for:
        show.marked("  +", text, "green")
    for reason in one.against:
        show.marked("  -", f"{reason.detail}. {reason.advice}", "red")


def _left(one: Organisation) -> dict[str, object]:
    places: dict[str, object] = {name: one.places_left(name) for name in sorted(one.places)}
    return places if one.budget is None else {**places, "money": f"{one.budget_left()} {one.currency}"}


def fields_given(fields: Sequence[str]) -> dict[str, JsonValue]:
    """The fields that were typed as FIELD=VALUE; whether they fit is decided with the whole form.

    Raises:
        BadInput: if one is written otherwise.
    """
    pairs = [one.partition("=") for one in fields]
    if not all(mark for _, mark, _ in pairs):
        raise BadInput("a field is written FIELD=VALUE", field="--set")
    return {name.strip(): _value(name.strip(), text.strip()) for name, _, text in pairs}


def _value(name: str, text: str) -> JsonValue:
    """What a field is, from how it is typed; whether it fits is decided with the whole form."""
    words = [one.strip() for one in text.split(",") if one.strip()]
    if name in LISTS:
        return [*words]
    if name == "places":
        numbers = [one.rpartition(":") for one in words]
        return {service: int(number) if _NUMBER.fullmatch(number) else number for service, _, number in numbers}
    return YES.get(text, text) if name in FLAGS else text
