"""What every command of a node is handed: its settings, its node, who calls, and the way to peers.

The two global options stand before the command and have a variable each, behind the node's prefix:

    host-node --settings host-node.toml --as ana …        HOST_NODE_SETTINGS, HOST_NODE_USER

Nothing is opened before a command asks for it, so that help needs no settings. A caller may hand in a `Transport` as
the context's object; otherwise peers are reached over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import typer
from sqlalchemy.exc import OperationalError

from relevo.config import NodeSettings
from relevo.delivery.node import Node
from relevo.delivery.transport import HttpTransport, Transport
from relevo.errors import Misconfigured, RelevoError, Unauthenticated
from relevo.runtime import Service, build, is_current, prepare_logging, settings_for
from relevo.storage import users
from relevo.storage.unit_of_work import User

NO_VERBS: Mapping[str, str] = MappingProxyType({})


class DatabaseUnavailable(RelevoError):
    """The database cannot be reached just now."""

    code = "database-unavailable"
    advice = "Nothing was half done. See that the database runs and that `database` in the settings is right."


class Invocation:
    """One call of a node's command line; each part is made when it is first asked for."""

    def __init__(
        self,
        service: Service,
        *,
        settings_file: Path | None,
        name: str | None,
        given: Transport | None = None,
        verbs: Mapping[str, str] = NO_VERBS,
    ) -> None:
        self.service = service
        self._verbs = verbs
        self._settings_file = settings_file
        self._name = name
        self._given = given

    @cached_property
    def settings(self) -> NodeSettings:
        """The settings of this node."""
        return settings_for(self.service, self._settings_file)

    @cached_property
    def node(self) -> Node:
        """The node, with a database of the form that this version needs."""
        require_current(self.service, self.settings)
        prepare_logging(self.settings.log_level)
        return build(self.service, self.settings)

    @cached_property
    def user(self) -> User:
        """Whoever was named by `--as`."""
        if self._name is None:
            variable = f"{self.service.prefix}USER"
            raise Unauthenticated(
                "nobody was named as the one who does this",
                next_step=f"Put --as NAME before the command, or set {variable}; an administrator knows the names.",
            )
        with self.node.read() as work:
            return users.by_name(work.session, self._name)

    @cached_property
    def transport(self) -> Transport:
        """The way to peers."""
        return self._given or HttpTransport(allow_private=self.settings.allow_private_peers)

    def commands(self, steps: Iterable[str]) -> list[str]:
        """The commands of this node that take any of `steps`, each once."""
        return list(dict.fromkeys(self._verbs.get(step, step) for step in steps))

    def close(self) -> None:
        """Give back what was opened; whoever asks for it again gets it anew."""
        node, transport = self.__dict__.pop("node", None), self.__dict__.pop("transport", None)
        if isinstance(node, Node):
            node.database.close()
        if isinstance(transport, HttpTransport):
            transport.close()


def require_current(service: Service, settings: NodeSettings) -> None:
    """Refuse to work on a database that does not have the newest form of the tables.

    Raises:
        Misconfigured: saying which command brings it there.
        DatabaseUnavailable: if it cannot be asked.
    """
    try:
        current = is_current(service, settings.database)
    except OperationalError:
        raise DatabaseUnavailable from None
    if not current:
        raise Misconfigured(
            "the database is not of the form that this version needs",
            field="database",
            next_step=f"`{service.name} init` makes a new node; `{service.name} migrate` brings an older one here.",
        )


def invocation(ctx: typer.Context) -> Invocation:
    """The call that this context belongs to."""
    found = ctx.find_object(Invocation)
    if found is None:
        raise Misconfigured("the global options were not read")
    return found


def opened(ctx: typer.Context) -> Node:
    """The node of this call, ready to work."""
    return invocation(ctx).node


def user(ctx: typer.Context) -> User:
    """Whoever calls, as named by `--as`.

    Raises:
        Unauthenticated: if nobody is named.
        NotFound: if there is no such user.
    """
    return invocation(ctx).user


def transport(ctx: typer.Context) -> Transport:
    """The way to peers."""
    return invocation(ctx).transport
