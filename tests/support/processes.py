"""Two nodes as real processes: the console scripts of the environment, loopback ports, a clock in a file, real HTTP.

`running_pair` makes both nodes by their commands and joins them over their APIs, as two administrators would. Clients
carry the bearer token of one user each. A node can be killed without warning and started again.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import httpx

from relevo.clock import FileClock
from relevo.delivery import federation
from relevo.domain.access import Role
from relevo.runtime import Service
from relevo.storage import users
from relevo.storage.database import Database
from support.nodes import AT, HOST_ID, ORIGIN_ID, SOP

SCRIPTS = Path(sys.executable).parent
PATIENCE_SECONDS = 30
ADMINISTRATOR = f"sample-{Role.ADMINISTRATOR}"
Found = TypeVar("Found")


@dataclass(kw_only=True)
class NodeProcess:
    """One node: its folder, its settings, and the process that serves it while it runs."""

    service: Service
    node_id: str
    folder: Path
    port: int
    tokens: dict[Role, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None

    @property
    def endpoint(self) -> str:
        """Where it listens and how its peer reaches it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Path:
        """Its settings file."""
        return self.folder / "settings.toml"

    @property
    def log(self) -> Path:
        """What it wrote on standard error."""
        return self.folder / "log.jsonl"

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run one of its commands as its administrator; what it printed, if it ended with `status`."""
        done = subprocess.run(  # noqa: S603 - our own console script
            [*self._command(), "--as", ADMINISTRATOR, *arguments],
            env=_environment(self.folder),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == status, f"{arguments}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self) -> None:
        """Serve, and wait until it is ready."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Begin to serve."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603 - same
                [*self._command(), "serve"],
                env=_environment(self.folder),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def wait(self) -> None:
        """Wait until it takes requests."""
        assert self._process is not None
        assert self._process.stdout is not None
        ready = self._process.stdout.readline()
        assert ready.startswith("ready "), f"{ready}{self.log.read_text()}"

    def kill(self) -> None:
        """End it without warning, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        return self._end(signal.SIGTERM)

    def client(self, role: Role) -> httpx.Client:
        """A client with the token of the user who has that role; who uses it closes it."""
        headers = {"authorization": f"Bearer {self.tokens[role]}"}
        return httpx.Client(base_url=self.endpoint, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS)

    def _command(self) -> list[str]:
        return [str(SCRIPTS / self.service.name), "--settings", str(self.settings)]

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(how)
        status = process.wait(PATIENCE_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
        return status


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


@contextmanager
def running_pair(
    folder: Path, services: tuple[Service, Service], addresses: tuple[str, str] | None = None
) -> Iterator[RunningPair]:
    """Make and start both nodes; `addresses` are empty databases, else each has an SQLite file in its folder."""
    clock = FileClock(folder / "now")
    clock.move_to(AT)
    given = addresses or tuple(f"sqlite:///{folder / service.name}.db" for service in services)
    with ExitStack() as stack:
        host, origin = (
            _make(service, node_id, folder / service.name, address)
            for service, node_id, address in zip(services, (HOST_ID, ORIGIN_ID), given, strict=True)
        )
        for node in (host, origin):
            stack.callback(node.kill)
            node.launch()
        for node in (host, origin):
            node.wait()
        _register(host, origin)
        _register(origin, host)
        _agree(host, origin)
        yield RunningPair(host=host, origin=origin, clock=clock)


def _make(service: Service, node_id: str, folder: Path, address: str) -> NodeProcess:
    folder.mkdir()
    node = NodeProcess(service=service, node_id=node_id, folder=folder, port=_free_port())
    node.settings.write_text(
        f'node_id = "{node_id}"\n'
        f'title = "Sample node {node_id}"\n'
        f'endpoint = "{node.endpoint}"\n'
        f"listen_port = {node.port}\n"
        f'database = "{address}"\n'
        'keys = "keys.json"\n'
        'clock = "file:../now"\n'
        "delivery_interval_seconds = 0.05\n",
        encoding="utf-8",
    )
    node.run("init")
    _add_users(node, address)
    return node


def _add_users(node: NodeProcess, address: str) -> None:
    """One user for each role, straight in the database, because a command for each takes its time."""
    database = Database(address)
    with database.write() as session:
        for role in node.service.roles:
            node.tokens[role] = users.add(session, f"sample-{role}", role, AT)
    database.close()


def _register(node: NodeProcess, peer: NodeProcess) -> None:
    with node.client(Role.ADMINISTRATOR) as client:
        given = {"statement": client.get(peer.endpoint + federation.WELL_KNOWN).raise_for_status().text}
        fingerprint = client.post("/api/peers", json=given).raise_for_status().json()
        typed = {"fingerprint": " ".join(fingerprint["words"])}
        confirmed = client.post(f"/api/peers/{peer.node_id}/confirm", json=typed).raise_for_status().json()
    assert confirmed["state"] == "active"


def _agree(host: NodeProcess, origin: NodeProcess) -> None:
    with host.client(Role.ADMINISTRATOR) as here, origin.client(Role.ADMINISTRATOR) as there:
        text = SOP.read_text(encoding="utf-8")
        digest = here.post("/api/sops", json={"text": text}).raise_for_status().json()["digest"]
        here.post(f"/api/sops/{digest}/propose").raise_for_status()
        until(lambda: _state(there, digest) == "offered")
        there.post(f"/api/sops/{digest}/accept").raise_for_status()
        until(lambda: _state(here, digest) == "agreed")


def _state(client: httpx.Client, digest: str) -> str | None:
    listed = client.get("/api/sops").raise_for_status().json()
    return next((str(sop["state"]) for sop in listed if sop["digest"] == digest), None)


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(home), "LC_ALL": "C.UTF-8"}


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
    return port
