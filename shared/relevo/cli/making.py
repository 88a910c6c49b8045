"""Commands that make a node: its keys, its database and its first statement.

`init` makes what is missing and never writes anything twice: if it was broken off, calling it again goes on; once
the node has a statement, it refuses.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from relevo import runtime
from relevo.cli import show
from relevo.cli.context import Invocation, invocation, opened
from relevo.delivery import federation, publishing
from relevo.delivery.node import Node
from relevo.errors import Conflict, Misconfigured
from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.keyring import KeyRing
from relevo.protocol.statement import NodeStatement
from relevo.storage import key_store, peers

Suite: TypeAlias = Literal["X-Wing", "X25519"]


def init(
    ctx: typer.Context,
    sealing: Annotated[
        Suite, typer.Option(help="What peers seal with for this node; X25519 only where a law asks for it.")
    ] = "X-Wing",
) -> None:
    """Make the keys, the database and the first statement of this node; once."""
    call = invocation(ctx)
    begun = runtime.is_begun(call.settings.database)
    _make_keys(call, sealing, begun=begun)
    if not begun:
        runtime.migrate(call.service, call.settings.database)
    statement = _publish(call.node)
    show.line(f"{statement.node_id} is made. Keep a copy of {call.settings.keys} in a safe: it is the node.")
    if call.settings.keys_unlock != key_store.NONE:
        show.line("It is encrypted. Keep what opens it (`keys_unlock` in the settings) in another safe than the copy.")
    show.fingerprint(statement.node_id, fingerprint_of(statement))
    show.line(f"Next: `{call.service.name} user add NAME --role administrator`, then `{call.service.name} serve`.")


def migrate(ctx: typer.Context) -> None:
    """Bring the database of this node to the form that this version needs; after an upgrade."""
    call = invocation(ctx)
    if not runtime.is_begun(call.settings.database):
        raise Misconfigured("there is no node in this database yet", next_step=f"`{call.service.name} init` makes one.")
    runtime.migrate(call.service, call.settings.database)
    show.line("The database has the newest form.")


def statement(ctx: typer.Context) -> None:
    """Print the newest statement of this node, to be handed to the administrators of peers."""
    show.bare(federation.own_statements(opened(ctx))[-1])


def _make_keys(call: Invocation, sealing: Suite, *, begun: bool) -> None:
    file = call.settings.keys
    if file.is_file():
        return
    if begun:
        raise Misconfigured(
            f"the database has a node in it, but there is no key file {file}",
            field="keys",
            next_step="Put the key file of this node back from its safe copy; new keys would be another node.",
        )
    key_store.make_unlock(call.settings.keys_unlock, file)
    key_store.write_keys(file, KeyRing.generate(sealing), call.settings.keys_unlock)


def _publish(node: Node) -> NodeStatement:
    with node.write() as work:
        if peers.statements(work.session, work.identity.node_id):
            raise Conflict(
                f"the node {work.identity.node_id} is made already",
                next_step="Nothing was changed. `serve` starts it; `statement` prints what peers need.",
            )
        return publishing.publish_first(work)
