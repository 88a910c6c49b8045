"""Two nodes as processes of their own, for the demo: a folder, a shared clock, free ports, and a client for each user.

Each node is started by its own command, exactly as an operator would; nothing is reached but its command line and its
API.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from relevo.clock import FileClock
from relevo.errors import RelevoError

START_SECONDS = 60
STOP_SECONDS = 25


class NodeFailed(RelevoError):
    """A node of the demo did not do what it was asked."""

    code = "node-failed"
    advice = "Read what the node said above; if ports or disk space are short, free some and start again."


@dataclass
class DemoNode:
    """One node: its command, its folder, its address, and the bearer token of each user."""

    command: str
    node_id: str
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where the node is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "settings.toml"

    def write_settings(self, title: str, clock: Path) -> None:
        """Write the settings file of this node."""
        lines = {
            "node_id": self.node_id,
            "title": title,
            "endpoint": self.address,
            "database": "sqlite:///node.db",
            "keys": "keys.json",
            "clock": f"file:{clock}",
            "log_level": "error",
        }
        self.folder.mkdir()
        text = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
        self.settings.write_text(
            f"{text}listen_port = {self.port}\ndelivery_interval_seconds = 0.2\n", encoding="utf-8"
        )

    def run(self, *words: str) -> str:
        """Run a command of the node to its end and return what it printed.

        Raises:
            NodeFailed: if it was refused.
        """
        done = subprocess.run(self._command(*words), capture_output=True, text=True, check=False)  # noqa: S603 - ours
        if done.returncode:
            raise NodeFailed(f"{self.command} {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def add_user(self, name: str, role: str, acting: str | None = None) -> None:
        """Add a user and keep the token."""
        before = ("--as", acting) if acting else ()
        self.tokens[name] = self.run(*before, "user", "add", name, "--role", role).strip().splitlines()[-1]

    def start(self) -> None:
        """Start serving, and wait until the node answers."""
        self.process = subprocess.Popen(self._command("serve"), stdout=subprocess.DEVNULL)  # noqa: S603 - ours
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.address}/.well-known/relevo-node", trust_env=False).is_success:
                    return
            time.sleep(0.1)
        raise NodeFailed(f"{self.node_id} did not start")

    def stop(self) -> None:
        """Ask the process to end, and wait for it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)

    def call(self, user: str, method: str, path: str, body: object = None, *, refused: bool = False) -> Any:  # noqa: ANN401 - JSON
        """One request of a user to the API; the JSON of the answer.

        Raises:
            NodeFailed: if it was refused although it should not be, or the other way round.
        """
        headers = {"authorization": f"Bearer {self.tokens[user]}"}
        url = f"{self.address}/api{path}"
        answer = httpx.request(method, url, headers=headers, json=body, trust_env=False, timeout=30)
        if answer.is_success is refused:
            raise NodeFailed(f"{method} {path}: status {answer.status_code} {answer.text[:300]}")
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.json() if is_json else answer.text

    def _command(self, *words: str) -> list[str]:
        return [str(Path(sys.executable).with_name(self.command)), "--settings", str(self.settings), *words]


@dataclass
class Pair:
    """A host and an origin that share one clock."""

    host: DemoNode
    origin: DemoNode
    clock: FileClock

    def move_to(self, at: datetime) -> None:
        """Move both nodes forward to `at`; never back."""
        self.clock.move_to(max(at, self.clock.now()))

    def wait_until(self, happened: Any, what: str, seconds: float = 30) -> None:  # noqa: ANN401 - a callable
        """Wait until `happened()` holds; the clock goes on a little, so that what is tried again is tried.

        Raises:
            NodeFailed: if it does not hold in time.
        """
        deadline = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > deadline:
                raise NodeFailed(f"this did not happen in {seconds:.0f} seconds: {what}")
            time.sleep(0.1)
            self.clock.move_to(self.clock.now() + timedelta(seconds=1))


@contextlib.contextmanager
def pair(start: datetime) -> Iterator[Pair]:
    """Two nodes, `es:retorno` and `ci:accueil`, in a folder of their own that goes with them."""
    folder = Path(tempfile.mkdtemp(prefix="relevo-demo-"))
    clock_file = folder / "clock"
    clock = FileClock(clock_file)
    clock.move_to(start)
    host = DemoNode("host-node", "es:retorno", folder / "es", _free_port())
    origin = DemoNode("origin-node", "ci:accueil", folder / "ci", _free_port())
    host.write_settings("Return assistance, Spain (invented)", clock_file)
    origin.write_settings("Reception of returning citizens, Côte d'Ivoire (invented)", clock_file)
    try:
        yield Pair(host, origin, clock)
    finally:
        for node in (host, origin):
            node.stop()
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
