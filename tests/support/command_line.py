"""The command line of a node in this process, with only the network to its peer in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer
from typer.testing import CliRunner, Result

from relevo.cli.shared import add_commands
from relevo.clock import FileClock
from relevo.delivery.node import Node
from relevo.runtime import Service, build, settings_for
from support.nodes import AT, MemoryTransport

ADMINISTRATOR = "sample-admin"


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """The command line of one node; its node is reached by the other once it is made."""

    service: Service
    folder: Path
    transport: MemoryTransport

    @property
    def settings(self) -> Path:
        """Its settings file."""
        return self.folder / "settings.toml"

    def run(self, *arguments: str, user: str | None = ADMINISTRATOR, status: int = 0) -> Result:
        """Run a command and demand its exit status; `stdout` and `stderr` of the result are what was printed."""
        app = typer.Typer()
        add_commands(app, self.service)
        named = ["--as", user] if user else []
        environment = {"COLUMNS": "80", "NO_COLOR": "1"}
        given = ["--settings", str(self.settings), *named, *arguments]
        result = CliRunner().invoke(app, given, env=environment, obj=self.transport)
        assert result.exit_code == status, (result.output, result.exception)
        return result

    def node(self) -> Node:
        """The node as its settings make it; who asks closes its database."""
        return build(self.service, settings_for(self.service, self.settings))

    def make(self) -> Result:
        """Make the node with its administrator, and let it be reached; what `init` printed."""
        made = self.run("init", user=None)
        self.run("user", "add", ADMINISTRATOR, "--role", "administrator", user=None)
        self.transport.connect(self.node())
        return made


def command_line(service: Service, folder: Path, node_id: str, address: str, transport: MemoryTransport) -> CommandLine:
    """The command line of a node with settings of its own in `folder`, before `init`."""
    folder.mkdir()
    FileClock(folder / "now").move_to(AT)
    made = CommandLine(service=service, folder=folder, transport=transport)
    made.settings.write_text(
        f'node_id = "{node_id}"\n'
        f'title = "Sample node {node_id}"\n'
        f'endpoint = "{address}"\n'
        "listen_port = 8101\n"
        'database = "sqlite:///data/node.db"\n'
        'keys = "data/keys.json"\n'
        'clock = "file:now"\n',
        encoding="utf-8",
    )
    return made
