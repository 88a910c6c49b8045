"""The commands that both kinds of node have, added to a node's own Typer application.

    init  migrate  serve  deliver  statement  peer add|confirm|list  sop import|propose|accept|show  user add|list

`add_commands` also adds the global options `--settings` and `--as`, and sees to it that every refusal ends in words.
A node's own commands take the node with `opened(ctx)` and the caller with `user(ctx)`, and may raise what they like.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import making, peers, serving, sops, users
from relevo.cli.context import Invocation, opened, transport, user
from relevo.cli.refusals import Commands
from relevo.runtime import Service

__all__ = ["add_commands", "opened", "transport", "user"]


def add_commands(app: typer.Typer, service: Service) -> None:
    """Give the application of a node its global options and the commands that every node has."""
    app.info.no_args_is_help = True
    app.callback(cls=Commands, help=f"{service.title}.", no_args_is_help=True)(_options(service))
    for verb in (making.init, making.migrate, making.statement, serving.serve, serving.deliver):
        app.command(rich_help_panel="The node")(verb)
    app.add_typer(peers.app, name="peer", rich_help_panel="The node")
    app.add_typer(sops.app, name="sop", rich_help_panel="The node")
    app.add_typer(users.app, name="user", rich_help_panel="The node")


def _options(service: Service) -> object:
    settings_variable, user_variable = f"{service.prefix}SETTINGS", f"{service.prefix}USER"

    def options(
        ctx: typer.Context,
        settings: Annotated[
            Path | None, typer.Option("--settings", envvar=settings_variable, help="The settings file of the node.")
        ] = None,
        name: Annotated[
            str | None, typer.Option("--as", envvar=user_variable, help="Who does this: the name of a user.")
        ] = None,
    ) -> None:
        call = Invocation(service, settings_file=settings, name=name, given=ctx.obj)
        ctx.obj = call
        ctx.call_on_close(call.close)

    return options
