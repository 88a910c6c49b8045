"""Two command lines in this process: a host's and an origin's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relevo.runtime import Service
from support.command_line import CommandLine, command_line
from support.nodes import HOST_ADDRESS, HOST_ID, ORIGIN_ADDRESS, ORIGIN_ID, MemoryTransport


@pytest.fixture
def transport() -> Iterator[MemoryTransport]:
    made = MemoryTransport()
    yield made
    for node in made.nodes.values():
        node.database.close()


@pytest.fixture
def host(tmp_path: Path, services: tuple[Service, Service], transport: MemoryTransport) -> CommandLine:
    """The host's command line, before `init`."""
    return command_line(services[0], tmp_path / "host", HOST_ID, HOST_ADDRESS, transport)


@pytest.fixture
def origin(tmp_path: Path, services: tuple[Service, Service], transport: MemoryTransport) -> CommandLine:
    """The origin's command line, before `init`."""
    return command_line(services[1], tmp_path / "origin", ORIGIN_ID, ORIGIN_ADDRESS, transport)
