"""Two nodes as real processes: the console scripts of the environment, loopback ports, a clock in a file, real HTTP.

`running_pair` makes both nodes by their commands and joins them over their APIs, as two administrators would. Clients
carry the bearer token of one user each. A node can be killed without warning and started again.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import httpx

from relevo.cli import demo_joining as joining
from relevo.cli.demo_nodes import DemoNode, Pair
from relevo.clock import FileClock
from relevo.domain.access import Role
from relevo.runtime import Service
from support.nodes import AT, HOST_ID, ORIGIN_ID, SOP

PATIENCE_SECONDS = 30
INTERVAL_SECONDS = 0.05
Found = TypeVar("Found")


@dataclass(kw_only=True)
class NodeProcess(DemoNode):
    """One node: its service, and, as the demo has it, its folder, its tokens and the process that serves it."""

    service: Service

    def run(self, *words: str, status: int = 0) -> str:
        """Run one of its commands as its administrator; what it printed, if it ended with `status`."""
        done = self.execute("--as", self.administrator, *words)
        assert done.returncode == status, f"{words}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Begin one of its commands, and leave it to whoever asked to wait for it or to end it."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(  # noqa: S603 - our own console script
            self._line(*words), env=self._environment(), stdout=quiet, stderr=quiet, text=True
        )

    def client(self, role: Role) -> httpx.Client:
        """A client with the token of the user who has that role; who uses it closes it."""
        headers = {"authorization": f"Bearer {self.tokens[role]}"}
        return httpx.Client(base_url=self.endpoint, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS)


@dataclass(frozen=True, kw_only=True)
class RunningPair:
    """A host and an origin that run, know each other and have agreed the sample SOP."""

    host: NodeProcess
    origin: NodeProcess
    clock: FileClock

    def move_to(self, at: datetime) -> None:
        """Let it be another moment for both."""
        self.clock.move_to(at)


def until(look: Callable[[], Found | None], *, seconds: float = PATIENCE_SECONDS, pause: float = 0.02) -> Found:
    """The first thing that `look` finds; it is asked again and again for at most `seconds`."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"nothing was found in {seconds} seconds"
        time.sleep(pause)
    return found


def no_door(_node: NodeProcess) -> int:
    """Peers reach a node at its own port."""
    return 0


@contextmanager
def running_pair(
    folder: Path,
    services: tuple[Service, Service],
    addresses: tuple[str, str] | None = None,
    *,
    door: Callable[[NodeProcess], int] = no_door,
    interval: float = INTERVAL_SECONDS,
    origin_options: tuple[str, ...] = (),
    more: str = "",
) -> Iterator[RunningPair]:
    """Make and start both nodes; `addresses` are empty databases, else each has an SQLite file in its folder.

    `door` gives the port at which peers reach a node, if that is another than its own. `interval` is how many seconds
    their workers rest between turns: less than as installed, so that tests need not wait. The origin serves with
    `origin_options`. `more` are further lines of both settings.
    """
    clock = FileClock(folder / "now")
    clock.move_to(AT)
    given = addresses or tuple(f"sqlite:///{folder / service.name}.db" for service in services)
    with ExitStack() as stack:
        host, origin = (
            _make(service, node_id, folder / service.name, address, door, interval, more)
            for service, node_id, address in zip(services, (HOST_ID, ORIGIN_ID), given, strict=True)
        )
        for node in (host, origin):
            stack.callback(node.kill)
            node.launch(*(origin_options if node is origin else ()))
        for node in (host, origin):
            node.wait()
        joining.register(host, origin)
        joining.register(origin, host)
        _agree(host, origin)
        yield RunningPair(host=host, origin=origin, clock=clock)


def _make(
    service: Service,
    node_id: str,
    folder: Path,
    address: str,
    door: Callable[[NodeProcess], int],
    interval: float,
    more: str,
) -> NodeProcess:
    node = NodeProcess(service=service, command=service.name, node_id=node_id, folder=folder, database=address)
    node.door = door(node)
    node.write_settings(title=f"Sample node {node_id}", clock=folder.parent / "now", interval=interval)
    with node.settings.open("a", encoding="utf-8") as settings:
        settings.write(more)
    node.init()
    node.add_staff(sorted(service.roles), AT)
    return node


def _agree(host: NodeProcess, origin: NodeProcess) -> None:
    """Agree the sample SOP, while the clock stands still."""
    pair = Pair(host, origin, FileClock(host.folder.parent / "now"))
    digest = joining.propose(pair, SOP.read_text(encoding="utf-8"))
    until(lambda: joining.sop_state(origin, digest) == "offered")
    joining.accept(pair, digest)
    until(lambda: joining.sop_state(host, digest) == "agreed")
