"""Commands of an administrator who says who may use this node.

The first user of a node is added by whoever has its machine, and is an administrator, so that there is somebody who
may add the others.
"""

from __future__ import annotations

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

app = typer.Typer(help="Say who may use this node.", no_args_is_help=True)


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A short name, up to 40 characters.")],
    role: Annotated[str, typer.Option(help="What this user is here, such as administrator.")],
) -> None:
    """Add a user, and print the user's token: once, because it is not kept."""
    call = invocation(ctx)
    with call.node.write(_acting(call)) as work:
        work.require(Act.MANAGE_USERS)
        chosen = _role(call, role)
        _require_first_administrator(work, chosen)
        token = users.add(work.session, _fit(name), chosen, work.at)
    show.tell(f"{name} may now use {call.settings.node_id} as {chosen}. The token below is shown this once:")
    show.bare(token)


@app.command("list")
def list_all(ctx: typer.Context) -> None:
    """List all users and their roles."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.MANAGE_USERS)
        rows = [(one.name, one.role) for one in users.everybody(work.session)]
    show.table(("name", "role"), rows, empty="There is no user.")


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


def _fit(name: str) -> str:
    if not (0 < len(name) <= MAX_NAME and name.isprintable() and name == name.strip()):
        raise BadInput(f"a name has 1 to {MAX_NAME} characters and no spaces around it", field="name")
    return name
