"""The commands that both kinds of node have, added to a node's own Typer application.

    init  migrate  serve  deliver  statement  peer add|confirm|list|…  key list|rotate|…
    sop import|propose|accept|show
    contact-list publish|show  user add|list  retention due|run  access list  log show|alarms|seen
    delivery status|compare|stuck|resend  epoch show|confirm|noted  outbox export|settle  inbox import

`add_commands` also adds the global options `--settings` and `--as`, and sees to it that every refusal ends in words.
A node's own commands take the node with `opened(ctx)` and the caller with `user(ctx)`, and may raise what they like.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import bundles, contacts, delivery, keys, logs, looks, making, peers, retention, serving, sops, users
from relevo.cli.context import NO_VERBS, Invocation, opened, transport, user
from relevo.cli.refusals import Commands
from relevo.runtime import Service

__all__ = ["add_commands", "opened", "transport", "user"]

PANEL = "The node"
USER = "USER"
GROUPS = {
    "peer": peers.app,
    "key": keys.app,
    "sop": sops.app,
    "contact-list": contacts.app,
    "user": users.app,
    "retention": retention.app,
    "access": looks.access_app,
    "log": logs.app,
    "delivery": delivery.app,
    "epoch": delivery.epoch_app,
    "outbox": bundles.outbox_app,
    "inbox": bundles.inbox_app,
}

Settings = Annotated[Path | None, typer.Option("--settings", metavar="FILE", help="The settings file of the node.")]
Name = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who does this: the name of a user.")]


def add_commands(app: typer.Typer, service: Service, verbs: Mapping[str, str] = NO_VERBS) -> None:
    """Give the application of a node its global options and the commands that every node has.

    Args:
        app: the application.
        service: the kind of node.
        verbs: the node's own command for each step that somebody here may take.
    """
    epilog = f"In place of --settings and --as: the variables {service.prefix}SETTINGS and {service.prefix}USER."
    describe = app.callback(cls=Commands, help=f"{service.title}.", epilog=epilog, no_args_is_help=True)
    describe(_options(service, verbs))
    for verb in (making.init, making.migrate, making.statement, serving.serve, serving.deliver):
        app.command(rich_help_panel=PANEL)(verb)
    for name, group in GROUPS.items():
        app.add_typer(group, name=name, rich_help_panel=PANEL)


def _options(service: Service, verbs: Mapping[str, str]) -> Callable[..., None]:
    def options(ctx: typer.Context, settings: Settings = None, name: Name = None) -> None:
        named = name or os.environ.get(service.prefix + USER)
        call = Invocation(service, settings_file=settings, name=named, given=ctx.obj, verbs=verbs)
        ctx.obj = call
        ctx.call_on_close(call.close)

    return options
