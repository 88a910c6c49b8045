"""Two or three real nodes on machines and a network that fail when they are told to, and what was seen of them.

Two hosts, `es:retorno` and `fr:retour`, refer to one origin, `ci:accueil`. Everything that a node does is done by the
functions which its processes call; clock, network, disk, power and the randomness of the operating system are handed
in, so that the same events lead to the same end.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.clock import Clock, StandingClock
from relevo.delivery import epochs, publishing
from relevo.delivery.node import Node, Post
from relevo.delivery.worker import Worker
from relevo.domain.access import Role
from relevo.errors import RelevoError
from relevo.protocol import base64std
from relevo.protocol.keyring import Role as KeyRole
from relevo.storage import log
from relevo.storage.tables import OutboxRow
from relevo.storage.unit_of_work import Identity
from support.databases import SqliteDatabases
from support.inline import Inline
from support.loose_post import LoosePost
from support.loose_table import Table
from support.nodes import JoinedNodes, MemoryKeys, MemoryTransport, join, make_node, publish, staff
from support.pairs import agree, befriend, sop_text
from support.partners import register
from support.simulated_machine import Image, Machine, PowerCut
from support.simulated_network import Network

ORIGIN_AT = 1
SECOND_HOST = "fr:retour"
AN_HOUR = timedelta(hours=1)
"""How old the keys are when a simulation begins."""
WHY = "the disk broke, a backup was put back"
BROKEN_OFF = (RelevoError, OperationalError)
"""What ends a worker's turn, or what a person is told; it is tried again."""


class SkewedClock(Clock):
    """A clock that goes beside another."""

    def __init__(self, beside: Clock) -> None:
        self._beside = beside
        self.skew = timedelta()

    def now(self) -> datetime:
        """See `Clock`."""
        return self._beside.now() + self.skew


@dataclass(frozen=True)
class Template:
    """Nodes that are registered with each other, and what lies on the disks of two and of three of them."""

    nodes: tuple[Node, ...]
    images: Mapping[int, tuple[Image, ...]]
    at: datetime


def make_template(folder: Path) -> Template:
    """A host and an origin with the sample SOP agreed; and the same with a second host beside."""
    databases = SqliteDatabases(folder)
    joined = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
    register(joined.origin)
    two = _images(joined.both)
    second = make_node(
        HOST,
        node_id=SECOND_HOST,
        endpoint="https://retour.example",
        address=databases.fresh(HOST),
        clock=joined.clock,
    )
    publish([second], joined.transport)
    beside = replace(joined, host=second)
    befriend(beside)
    agree(beside, sop_text("es-ci", host=SECOND_HOST))
    nodes = (*joined.both, second)
    three = _images(nodes)
    for node in nodes:
        node.database.close()
    return Template(nodes=nodes, images={2: two, 3: three}, at=joined.clock.now() + AN_HOUR)


def _images(nodes: Iterable[Node]) -> tuple[Image, ...]:
    for node in nodes:
        node.database.settle()
    return tuple({"": Path(str(node.database.engine.url.database)).read_bytes()} for node in nodes)


@dataclass(kw_only=True)
class Seen:
    """What somebody outside saw of a node: what was queued in it, and the heads of its log by size."""

    queued: dict[str, str] = field(default_factory=dict)
    heads: dict[int, bytes] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    restored: int = 0


class World:
    """Nodes by number: 0 a host, 1 the origin, 2 the second host if there are three."""

    def __init__(
        self, template: Template, machines: Sequence[Machine], network: Network, *, at_once: bool = False
    ) -> None:
        """`at_once` says whether what people queue leaves with its transaction, as in a process that has a worker."""
        self.clock, self.network = StandingClock(template.at), network
        self.machines, count = machines, len(machines)
        self.clocks = [SkewedClock(self.clock) for _ in range(count)]
        self.backups: dict[int, Image] = {}
        self.seen = [Seen() for _ in range(count)]
        self.tables: list[Table] = []
        self.cuts = 0
        self._at_once = at_once
        self._workers: dict[int, Worker] = {}
        self.nodes = [
            replace(node, clock=clock, database=machine.database, identity=_own_keys(node), post=Post())
            for node, clock, machine in zip(template.nodes, self.clocks, machines, strict=False)
        ]
        for machine, image in zip(machines, template.images[count], strict=True):
            machine.full = False
            machine.start(image)
        network.fell = self._fell
        for number in range(count):
            self._plug_in(number)

    def number(self, node_id: str) -> int:
        """The number of a node."""
        return [node.identity.node_id for node in self.nodes].index(node_id)

    def close(self) -> None:
        """Give back all connections."""
        for node in self.nodes:
            node.database.close()

    def open(self, host: int) -> str:
        """A counsellor of that host takes in a case and sends it."""
        table = Table(
            JoinedNodes(
                host=self.nodes[host], origin=self.nodes[ORIGIN_AT], clock=self.clock, transport=MemoryTransport()
            ),
            LoosePost(),
        )
        self.tables.append(table)
        said = self._as_person(table.open)
        if not table.story.thread:
            self.tables.remove(table)
        return said

    def act(self, table: Table, act: Callable[[Table], object]) -> str:
        """Somebody does something in a referral; what came of it."""
        return self._as_person(lambda: act(table))

    def rotate(self, number: int, role: KeyRole) -> str:
        """An administrator puts a fresh key in the place of one of the node's own."""
        administrator = staff(Role.ADMINISTRATOR)
        return self.by_hand(number, lambda: publishing.rotate(self.nodes[number], administrator, role))

    def turn(self, number: int) -> str:
        """One turn of a node's worker; what came of it."""
        return self.by_hand(number, self._workers[number].turn)

    def confirm(self, number: int) -> str:
        """An administrator lets a node that stopped go on, if it has."""

        def confirm() -> None:
            with self.nodes[number].write(staff(Role.ADMINISTRATOR)) as work:
                epochs.confirm(work, WHY)

        return self.by_hand(number, confirm)

    def restore(self, number: int) -> None:
        """Put back the backup of a node, if there is one."""
        if number in self.backups:
            seen = self.seen[number]
            self._start(number, self.backups[number])
            with self.nodes[number].read() as work:
                left = set(work.session.scalars(select(OutboxRow.jti)))
                size = log.size(work.session)
            seen.lost |= seen.queued.keys() - left
            seen.heads = {known: root for known, root in seen.heads.items() if known <= size}
            seen.restored += 1

    def back_up(self, number: int) -> None:
        """Copy what lies on a node's disk."""
        self.backups[number] = self.machines[number].look()

    def look(self) -> None:
        """See what is queued in each node, and the newest head of its log."""
        for node, seen in zip(self.nodes, self.seen, strict=True):
            with node.read() as work:
                for jti, kind in work.session.execute(select(OutboxRow.jti, OutboxRow.kind)):
                    seen.queued.setdefault(jti, kind)
                newest = log.latest_checkpoint(work.session)
            if newest is not None:
                seen.heads.setdefault(newest.size, base64std.decode(newest.note.split("\n")[2]))

    def _as_person(self, act: Callable[[], object]) -> str:
        try:
            act()
        except BROKEN_OFF as fault:
            return _word(fault)
        except PowerCut:
            return self._all_that_fell()
        return "done"

    def by_hand(self, number: int, turn: Callable[[], object]) -> str:
        try:
            turn()
        except BROKEN_OFF as fault:
            return _word(fault)
        except PowerCut:
            self._fell(self.nodes[number].identity.node_id)
            return "power cut"
        return "done"

    def _all_that_fell(self) -> str:
        for number, machine in enumerate(self.machines):
            if machine.image is not None:
                self._start(number, machine.image)
                self.cuts += 1
        return "power cut"

    def _fell(self, node_id: str) -> None:
        number = self.number(node_id)
        image = self.machines[number].image
        if image is not None:
            self.cuts += 1
            self._start(number, image)

    def _start(self, number: int, image: Image) -> None:
        node = self.nodes[number]
        self.machines[number].start(image)
        self.nodes[number] = replace(node)
        self._plug_in(number)
        self.by_hand(number, self._workers[number].begin)

    def _plug_in(self, number: int) -> None:
        node = self.nodes[number]
        worker = Worker(node, self.network.line(node.identity.node_id), interval=1, threads=Inline())
        self._workers[number] = worker
        if self._at_once:
            worker.attend()
        self.network.connect(node, self.machines[number])
        for table in self.tables:
            if number == ORIGIN_AT:
                table.nodes = replace(table.nodes, origin=node)
            elif table.nodes.host.identity.node_id == node.identity.node_id:
                table.nodes = replace(table.nodes, host=node)
            table.story.nodes = table.nodes


def _own_keys(node: Node) -> Identity:
    """The identity of a node with a key ring that no other world changes; like a key file, it outlives the power."""
    keys = node.identity.keys
    return replace(node.identity, keys=MemoryKeys(keys.ring)) if isinstance(keys, MemoryKeys) else node.identity


def _word(fault: Exception) -> str:
    return fault.code if isinstance(fault, RelevoError) else "database unavailable"


@contextmanager
def one_randomness(seed: int) -> Iterator[None]:
    """Let what the operating system gives as random bytes follow from `seed`."""
    source = random.Random(seed)  # noqa: S311 - a simulation is to be repeated
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", source.randbytes)
        patch.setattr(random, "_urandom", source.randbytes)
        yield
