"""Commands of an administrator who says who may use this node.

The first user of a node is added by whoever has its machine, and is an administrator, so that there is somebody who
may add the others.
"""

from __future__ import annotations

import re
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import Invocation, invocation, opened, user
from relevo.delivery.node import THE_NODE
from relevo.domain.access import Act, Role
from relevo.errors import BadInput
from relevo.storage import users
from relevo.storage.unit_of_work import UnitOfWork, User

MAX_NAME = 40
OUTSIDE = frozenset({Role.COUNSELLOR, Role.COORDINATOR, Role.CASE_WORKER, Role.CLINICIAN})
"""Roles in which somebody may work for an agency or organisation behind the node, and then sees only what is theirs."""

app = typer.Typer(help="Say who may use this node.", no_args_is_help=True)


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A short name, up to 40 characters.")],
    role: Annotated[str, typer.Option(help="What this user is here, such as administrator.")],
    organisation: Annotated[
        str | None, typer.Option(metavar="NAME", help="The agency or partner of this node whom the user works for.")
    ] = None,
) -> None:
    """Add a user, and print the user's token: once, because it is not kept."""
    call = invocation(ctx)
    with call.node.write(_acting(call)) as work:
        work.require(Act.MANAGE_USERS)
        chosen = _role(call, role)
        _require_first_administrator(work, chosen)
        whom = _employer(work, chosen, organisation)
        token = users.add(work.session, _fit(name), chosen, work.at, organisation=whom)
    show.tell(f"{name} may now use {call.settings.node_id} as {chosen}. The token below is shown this once:")
    show.bare(token)


@app.command("list")
def list_all(ctx: typer.Context) -> None:
    """List all users, their roles, and whom they work for."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.MANAGE_USERS)
        rows = [(one.name, one.role, one.organisation) for one in users.everybody(work.session)]
    show.table(("name", "role", "works for"), rows, empty="There is no user.")


def _acting(call: Invocation) -> User:
    with call.node.read() as work:
        first = not users.everybody(work.session)
    return THE_NODE if first else call.user


def _role(call: Invocation, given: str) -> Role:
    if given not in call.service.roles:
        roles = ", ".join(sorted(call.service.roles))
        raise BadInput("this node has no such role", field="role", next_step=f"Choose one of: {roles}.")
    return Role(given)


def _require_first_administrator(work: UnitOfWork, role: Role) -> None:
    if role is not Role.ADMINISTRATOR and not users.everybody(work.session):
        raise BadInput(
            "the first user of a node is its administrator",
            field="role",
            next_step="Add one with --role administrator.",
        )


def _employer(work: UnitOfWork, role: Role, given: str | None) -> str | None:
    """Whom a user works for; only people who work with cases can work for somebody else than the node."""
    if given is None:
        return None
    if role not in OUTSIDE:
        raise BadInput(
            f"a user in the role {role} works for the node itself",
            field="organisation",
            next_step=f"Leave it out, or choose one of: {', '.join(sorted(OUTSIDE))}.",
        )
    if not re.fullmatch(rf"{re.escape(work.identity.node_id)}/[a-z0-9-]{{1,64}}", given):
        raise BadInput(
            f"an organisation of this node is named {work.identity.node_id}/ and a word", field="organisation"
        )
    return given


def _fit(name: str) -> str:
    if not (0 < len(name) <= MAX_NAME and name.isprintable() and name == name.strip()):
        raise BadInput(f"a name has 1 to {MAX_NAME} characters and no spaces around it", field="name")
    return name
