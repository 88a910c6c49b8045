"""One node as a process of its own: a folder, a settings file, its commands, and its server while it runs.

The node is started by its console script, as an operator would start it, on a free port of the loopback address and
in an environment that holds nothing of whoever starts it. No word of a command says anything about a person.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from relevo.errors import RelevoError

PATIENCE_SECONDS = 60


class NodeFailed(RelevoError):
    """A node of the demo did not do what it was asked."""

    code = "node-failed"
    advice = "Read what the node said above; if ports or disk space are short, free some and start again."


def free_port() -> int:
    """A port of the loopback address at which nobody listens just now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
    return port


@dataclass(kw_only=True)
class NodeProcess:
    """One node: its command, its name, its folder and its port.

    `database` is a file in the folder if not given. `door` is the port at which peers reach it, if that is another.
    """

    command: str
    node_id: str
    folder: Path
    port: int = field(default_factory=free_port)
    database: str = ""
    door: int = 0
    _process: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        self.database = self.database or f"sqlite:///{self.folder / 'node.db'}"

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Path:
        """Its settings file."""
        return self.folder / "settings.toml"

    @property
    def log(self) -> Path:
        """What it wrote on standard error."""
        return self.folder / "log.jsonl"

    def write_settings(self, *, title: str, clock: Path, interval: float, log_level: str = "info") -> None:
        """Make the folder and write the settings; `interval` is how many seconds the worker rests between turns."""
        texts = {
            "node_id": self.node_id,
            "title": title,
            "endpoint": f"http://127.0.0.1:{self.door or self.port}",
            "database": self.database,
            "keys": "keys.json",
            "clock": f"file:{clock}",
            "log_level": log_level,
        }
        self.folder.mkdir()
        text = "".join(f'{name} = "{value}"\n' for name, value in texts.items())
        numbers = f"listen_port = {self.port}\ndelivery_interval_seconds = {interval}\nallow_private_peers = true\n"
        self.settings.write_text(text + numbers, encoding="utf-8")

    @property
    def pid(self) -> int:
        """The process that serves; 0 while none does."""
        return self._process.pid if self._process else 0

    def execute(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of its commands to its end, whatever the end is."""
        return subprocess.run(  # noqa: S603 - our own console script
            self._line(*words),
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def start(self, *options: str) -> None:
        """Serve, and wait until it is ready."""
        self.launch(*options)
        self.wait()

    def launch(self, *options: str) -> None:
        """Begin to serve."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603 - same
                self._line("serve", *options), env=self._environment(), stdout=subprocess.PIPE, stderr=log, text=True
            )

    def wait(self) -> None:
        """Wait until it takes requests.

        Raises:
            NodeFailed: if it ended instead.
        """
        ready = self._process.stdout.readline() if self._process and self._process.stdout else ""
        if not ready.startswith("ready "):
            raise NodeFailed(f"{self.node_id} did not start: {ready}{self.log.read_text(encoding='utf-8')}")

    def ask_to_end(self) -> None:
        """Ask it to end, without waiting; so that several end at the same time."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(how)
        try:
            status = process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        if process.stdout is not None:
            process.stdout.close()
        return status

    def _line(self, *words: str) -> list[str]:
        return [str(Path(sys.executable).with_name(self.command)), "--settings", str(self.settings), *words]

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
