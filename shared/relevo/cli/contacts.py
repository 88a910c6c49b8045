"""Commands around contact lists: publish ours, show anybody's; the rules are in `relevo.delivery.contact_exchange`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.cli.costs import read_object
from relevo.cli.sop_documents import read_text
from relevo.delivery import contact_exchange
from relevo.domain.contact_list import ContactList, ContactPoint
from relevo.messages.toml_form import read_toml
from relevo.protocol.strict_json import JsonObject
from relevo.storage import contacts

app = typer.Typer(help="Who is reached at each node: named persons in order.", no_args_is_help=True)

STALE = "This list is more than 180 days old: ask its administrator whether it still holds."


@app.command("publish")
def publish(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML or JSON; shared/contacts has samples.")],
) -> None:
    """Publish the contact list of this node to every peer with an agreed SOP; it takes the place of the one before."""
    fields = list_in(file)
    with opened(ctx).write(user(ctx)) as work:
        found = contact_exchange.publish(work, fields)
        partners = contact_exchange.partners(work)
    show.line(f"The contact list of {found.node}, as of {show.shown(found.as_of)}, is published.")
    show.line(f"It is queued for: {', '.join(partners) or 'nobody, because no SOP is agreed yet'}.")


@app.command("show")
def show_one_or_all(
    ctx: typer.Context,
    node_id: Annotated[str | None, typer.Argument(metavar="[NODE_ID]", help="Whose; without it, a list.")] = None,
) -> None:
    """List whose contact lists are here and how old they are, or print one."""
    with opened(ctx).read(user(ctx)) as work:
        if node_id is None:
            _print_all(contact_exchange.show_all(work), work.at)
            return
        found = contact_exchange.show(work, node_id)
        own = node_id == work.identity.node_id
        older = contacts.dates(work.session, node_id)[1:] if own else []
        stale = found.is_stale(work.at)
    show.line(f"{found.node}, as of {show.shown(found.as_of)}", "bold")
    if stale:
        show.line(STALE, "bold red")
    for one in found.organisations:
        show.line("")
        show.line(one.organisation or found.node, "bold")
        show.table(("who", "role", "languages", "how"), _rows(one.points), empty="Nobody is named.")
    if older:
        show.line(f"Lists before it: {show.shown(older)}.")


def _rows(points: Iterable[ContactPoint]) -> Iterator[tuple[object, ...]]:
    for one in points:
        role = f"{one.role}\non duty" if one.on_duty else one.role
        yield one.name, role, one.languages, "\n".join(way for way in (one.phone, one.mail) if way)


def _print_all(found: list[ContactList], at: datetime) -> None:
    rows = [
        (one.node, one.as_of, len(one.organisations), "stale: ask" if one.is_stale(at) else "holds") for one in found
    ]
    empty = "There is no contact list here; `contact-list publish` sends ours."
    show.table(("node", "as of (UTC)", "organisations", "age"), rows, empty=empty)


def list_in(file: Path) -> JsonObject:
    """What a file of contacts says: JSON if it is called so, else TOML.

    Raises:
        BadInput: if it cannot be read or understood.
    """
    if file.suffix == ".json":
        return read_object(file)
    return read_toml(read_text(file))
