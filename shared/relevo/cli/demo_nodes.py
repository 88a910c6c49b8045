"""The nodes of the demo: any of six invented countries, in a folder that goes with them, under one clock.

Nothing is reached but the command line and the API of each node. Where many nodes start at once, their users are
written straight into their databases, because a command for each would take its time.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from relevo.cli.demo_process import NodeFailed, NodeProcess
from relevo.cli.demo_relay import Relay
from relevo.clock import FileClock
from relevo.domain.access import Role
from relevo.storage import users
from relevo.storage.database import Database

INTERVAL_SECONDS = 0.2
REQUEST_SECONDS = 30
_DIGITS = re.compile(r"\d{5}")


class Country(NamedTuple):
    """What a node of the demo is started with."""

    command: str
    title: str


COUNTRIES: Mapping[str, Country] = MappingProxyType(
    {
        "es:retorno": Country("host-node", "Return assistance, Spain (invented)"),
        "de:rueckkehr": Country("host-node", "Return assistance, Germany (invented)"),
        "ci:accueil": Country("origin-node", "Reception of returning citizens, Côte d'Ivoire (invented)"),
        "ge:dabruneba": Country("origin-node", "Reception of returning citizens, Georgia (invented)"),
        "rs:povratak": Country("origin-node", "Reception of returning citizens, Serbia (invented)"),
        "iq:awda": Country("origin-node", "Reception of returning citizens, Iraq (invented)"),
    }
)


@dataclass(kw_only=True)
class DemoNode(NodeProcess):
    """A node, the bearer token of each of its users, who its administrator is, and the fingerprint to read aloud.

    `relay` is what stands before it, if what peers bring is to be kept.
    """

    tokens: dict[str, str] = field(default_factory=dict)
    administrator: str = Role.ADMINISTRATOR
    fingerprint: str = ""
    relay: Relay | None = None

    def init(self) -> None:
        """Make keys and database; what `init` prints of the fingerprint is what the administrator reads aloud."""
        printed = DemoNode.run(self, "init")
        self.fingerprint = " ".join(word for word in printed.split() if _DIGITS.fullmatch(word))

    def run(self, *words: str) -> str:
        """Run a command of the node to its end and return what it printed.

        Raises:
            NodeFailed: if it was refused.
        """
        done = self.execute(*words)
        if done.returncode:
            raise NodeFailed(f"{self.command} {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def add_user(self, name: str, role: str, acting: str | None = None) -> None:
        """Add a user by the node's own command and keep the token."""
        before = ("--as", acting) if acting else ()
        self.tokens[name] = self.run(*before, "user", "add", name, "--role", role).strip().splitlines()[-1]

    def add_staff(self, staff: Collection[Role], at: datetime) -> None:
        """Add a user for each role, who is called like it."""
        database = Database(self.database)
        with database.write() as session:
            for role in staff:
                self.tokens[role] = users.add(session, role, role, at)
        database.close()

    def add_worker(self, name: str, organisation: str, at: datetime) -> None:
        """Add a case worker of an organisation behind this node."""
        database = Database(self.database)
        with database.write() as session:
            self.tokens[name] = users.add(session, name, Role.CASE_WORKER, at, organisation=organisation)
        database.close()

    def call(self, user: str, method: str, path: str, body: object = None, *, refused: bool = False) -> Any:  # noqa: ANN401 - JSON
        """One request of a user to the API; the JSON of the answer.

        Raises:
            NodeFailed: if it was refused although it should not be, or the other way round.
        """
        answer = self.ask(user, method, path, body)
        if answer.is_success is refused:
            raise NodeFailed(f"{method} {path}: status {answer.status_code} {answer.text[:300]}")
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.json() if is_json else answer.text

    def ask(self, user: str, method: str, path: str, body: object = None) -> httpx.Response:
        """One request of a user to the API, whatever the answer is.

        Raises:
            NodeFailed: if there is none.
        """
        headers = {"authorization": f"Bearer {self.tokens[user]}"}
        url = f"{self.endpoint}/api{path}"
        try:
            return httpx.request(method, url, headers=headers, json=body, trust_env=False, timeout=REQUEST_SECONDS)
        except httpx.TransportError as fault:
            raise NodeFailed(f"{self.node_id} does not answer: {type(fault).__name__}") from None


@dataclass
class Pair:
    """A host and an origin that share one clock."""

    host: DemoNode
    origin: DemoNode
    clock: FileClock

    def move_to(self, at: datetime) -> None:
        """Move both nodes forward to `at`; never back."""
        self.clock.move_to(max(at, self.clock.now()))

    def wait_until(self, happened: Callable[[], object], what: str, seconds: float = 60) -> None:
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


@dataclass(frozen=True)
class Nodes:
    """Nodes that share one clock, by their names."""

    by_id: Mapping[str, DemoNode]
    clock: FileClock

    def pair(self, host: str, origin: str) -> Pair:
        """Two of them."""
        return Pair(self.by_id[host], self.by_id[origin], self.clock)

    def each(self, act: Callable[[DemoNode], object]) -> None:
        """Do something with each node, with all at the same time."""
        with ThreadPoolExecutor(len(self.by_id)) as pool:
            list(pool.map(act, self.by_id.values()))


@contextlib.contextmanager
def nodes(
    start: datetime, node_ids: Collection[str] = tuple(COUNTRIES), *, relayed: Collection[str] = ()
) -> Iterator[Nodes]:
    """Nodes that have their settings and nothing else, in a folder of their own that goes with them.

    Before those of `relayed` stands a relay.
    """
    folder = Path(tempfile.mkdtemp(prefix="relevo-demo-"))
    clock = FileClock(folder / "clock")
    clock.move_to(start)
    found = {node_id: _node(node_id, folder, relayed=node_id in relayed) for node_id in node_ids}
    try:
        yield Nodes(found, clock)
    finally:
        for node in found.values():
            node.ask_to_end()
        for node in found.values():
            node.stop()
            if node.relay is not None:
                node.relay.close()
        shutil.rmtree(folder)


@contextlib.contextmanager
def pair(start: datetime) -> Iterator[Pair]:
    """Two nodes, `es:retorno` and `ci:accueil`, in the same way."""
    ids = ("es:retorno", "ci:accueil")
    with nodes(start, ids) as both:
        yield both.pair(*ids)


def _node(node_id: str, folder: Path, *, relayed: bool) -> DemoNode:
    country = COUNTRIES[node_id]
    node = DemoNode(command=country.command, node_id=node_id, folder=folder / node_id.replace(":", "-"))
    if relayed:
        node.relay = Relay(node.endpoint)
        node.door = node.relay.port
    node.write_settings(title=country.title, clock=folder / "clock", interval=INTERVAL_SECONDS, log_level="error")
    return node
