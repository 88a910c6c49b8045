"""Two command lines in this process: a host's and an origin's, with only the network between them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from relevo.cli.shared import add_commands
from relevo.clock import FileClock
from relevo.delivery.node import Node
from relevo.runtime import Service, build, settings_for
from support.nodes import AT, HOST_ADDRESS, HOST_ID, ORIGIN_ADDRESS, ORIGIN_ID, MemoryTransport

ADMINISTRATOR = "sample-admin"


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """The command line of one node; its node is reached by the other once it is made."""

    service: Service
    folder: Path
    transport: MemoryTransport

    @property
    def settings(self) -> Path:
        return self.folder / "settings.toml"

    def run(self, *arguments: str, user: str | None = ADMINISTRATOR, status: int = 0) -> Result:
        """Run a command and demand its exit status; `stdout` and `stderr` of the result are what was printed."""
        app = typer.Typer()
        add_commands(app, self.service)
        named = ["--as", user] if user else []
        environment = {"COLUMNS": "80", "NO_COLOR": "1"}
        given = ["--settings", str(self.settings), *named, *arguments]
        result = CliRunner().invoke(app, given, env=environment, obj=self.transport)
        assert result.exit_code == status, result.output
        return result

    def node(self) -> Node:
        return build(self.service, settings_for(self.service, self.settings))

    def make(self) -> Result:
        made = self.run("init", user=None)
        self.run("user", "add", ADMINISTRATOR, "--role", "administrator", user=None)
        self.transport.connect(self.node())
        return made


@pytest.fixture
def transport() -> Iterator[MemoryTransport]:
    made = MemoryTransport()
    yield made
    for node in made.nodes.values():
        node.database.close()


@pytest.fixture
def host(tmp_path: Path, services: tuple[Service, Service], transport: MemoryTransport) -> CommandLine:
    """The host's command line, before `init`."""
    return _command_line(services[0], tmp_path / "host", HOST_ID, HOST_ADDRESS, transport)


@pytest.fixture
def origin(tmp_path: Path, services: tuple[Service, Service], transport: MemoryTransport) -> CommandLine:
    """The origin's command line, before `init`."""
    return _command_line(services[1], tmp_path / "origin", ORIGIN_ID, ORIGIN_ADDRESS, transport)


def _command_line(
    service: Service, folder: Path, node_id: str, address: str, transport: MemoryTransport
) -> CommandLine:
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
