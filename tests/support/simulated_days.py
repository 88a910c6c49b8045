"""What happens in a simulated world, drawn from a seed: a list of events that can be written down, repeated and cut.

open            a counsellor sends the referral of a new case
act             somebody of either node does something that is possible, or is refused
turn            a node's worker has its turn, and the network does to its requests what is listed
pass            time goes by, seconds to weeks
cut power       the power of a node goes at one of its next commits, before or after it is on the disk
fill, empty     a node's disk is full; it is not any more
part, join      nothing passes between a host and the origin; everything does
late, again     a late request comes as it was sent; envelopes come again in a fresh request
export, import  the post leaves as a file; a file comes in, and its answers go back
skew            a node's clock goes wrong by less than what its peers bear
back up, restore, confirm  a backup; a node that is put back to it; an administrator who lets it go on
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import TypeAlias

from relevo.delivery import bundles
from relevo.domain.access import Role
from relevo.protocol.keyring import Role as KeyRole
from support.loose_acts import ACTS
from support.nodes import staff
from support.simulated_machine import Machine
from support.simulated_network import Fate
from support.simulated_world import ORIGIN_AT, World

SPANS = (5, 30, 120, 240, 700, 3600, 5 * 3600, 86400, 9 * 86400)
FORWARD = ("acknowledge", "accept", "ask", "answer", "start", "arrive", "contact", "change the flight", "depart")
OTHERS = tuple(name for name in ACTS if name not in {"a day", "a month"})
MOST_TABLES = 4
HOPEFUL = 0.6
"""How often somebody does what leads on, and not just anything."""
Details: TypeAlias = tuple[tuple[str, ...], tuple[int, ...]]
SKEW = 100
"""Seconds by which a clock may go wrong; a request is refused at more than 120."""
WEIGHTS: Mapping[str, int] = {
    "turn": 40,
    "act": 22,
    "pass": 14,
    "open": 4,
    "cut power": 5,
    "fill": 1,
    "empty": 2,
    "part": 1,
    "join": 2,
    "late": 3,
    "again": 3,
    "export": 2,
    "import": 2,
    "skew": 1,
    "rotate": 2,
}
KEYS = (KeyRole.SIGNING, KeyRole.ENCRYPTION, KeyRole.LOG, KeyRole.WITNESS)
RESTORES: Mapping[str, int] = {"back up": 3, "restore": 2, "confirm": 2}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happens; what its numbers mean is its own."""

    kind: str
    node: int = 0
    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()

    def __str__(self) -> str:
        """For people who read a trace."""
        return " ".join([self.kind, f"node {self.node}", *self.words, *map(str, self.numbers)])


def plan(seed: int, *, length: int, count: int, restores: bool) -> list[Event]:
    """What happens in the simulation of that seed."""
    source = random.Random(seed)  # noqa: S311 - a simulation is to be repeated
    weights = {**WEIGHTS, **(RESTORES if restores else {})}
    kinds = source.choices(list(weights), list(weights.values()), k=length)
    return [Event(kind="open"), *(_draw(source, kind, count) for kind in kinds)]


def _draw(source: random.Random, kind: str, count: int) -> Event:
    nodes = [number for number in range(count) if number != ORIGIN_AT or kind not in BETWEEN]
    node = source.choice(nodes)
    words, numbers = DRAWS[kind](source) if kind in DRAWS else ((), ())
    return Event(kind=kind, node=node, words=words, numbers=numbers)


def _act(source: random.Random) -> Details:
    name = source.choice(FORWARD) if source.random() < HOPEFUL else source.choice(OTHERS)
    return (name,), (source.randrange(MOST_TABLES),)


def _places(source: random.Random) -> Details:
    return (), tuple(source.randrange(20) for _ in range(source.randint(1, 3)))


def _way(source: random.Random) -> Details:
    return (source.choice(("there", "back")),), ()


BETWEEN = frozenset({"open", "part", "join", "export", "import"})
"""What concerns a host and the origin; the event names the host."""
DRAWS: Mapping[str, Callable[[random.Random], Details]] = {
    "turn": lambda source: (tuple(source.choices(list(Fate), (10, 2, 3, 1, 1), k=source.randrange(4))), ()),
    "act": _act,
    "pass": lambda source: ((), (source.choice(SPANS),)),
    "cut power": lambda source: ((source.choice(("before", "after")),), (source.randint(1, 6),)),
    "late": _places,
    "again": _places,
    "export": _way,
    "import": _way,
    "rotate": lambda source: ((source.choice(KEYS),), ()),
    "skew": lambda source: ((), (source.randint(-SKEW, SKEW),)),
}


class Days:
    """Lets events happen in a world; `files` is the post that lies between the nodes as files."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._files: dict[tuple[int, int], list[bytes]] = {}
        self._does: Mapping[str, Callable[[Event], object]] = {
            "open": self._open,
            "act": self._act,
            "turn": self._turn,
            "pass": self._pass,
            "cut power": lambda event: self._machine(event).cut_at(event.numbers[0], after=event.words[0] == "after"),
            "fill": lambda event: setattr(self._machine(event), "full", True),
            "empty": lambda event: setattr(self._machine(event), "full", False),
            "part": lambda event: world.network.cut(*self._names(event)),
            "join": lambda event: world.network.join(*self._names(event)),
            "late": lambda event: world.network.bring_late(event.numbers[0]),
            "again": self._again,
            "export": self._export,
            "import": self._import,
            "skew": self._skew,
            "rotate": lambda event: world.rotate(event.node, KeyRole(event.words[0])),
            "back up": lambda event: world.back_up(event.node),
            "restore": lambda event: world.restore(event.node),
            "confirm": lambda event: world.confirm(event.node),
        }

    def happen(self, event: Event) -> object:
        """Let one thing happen; a word for what came of it."""
        came = self._does[event.kind](event)
        self._world.look()
        return came

    def _open(self, event: Event) -> object:
        return self._world.open(event.node) if len(self._world.tables) < MOST_TABLES else "no more"

    def _act(self, event: Event) -> object:
        tables = self._world.tables
        if not tables:
            return "nothing there"
        self._world.clock.move(timedelta(seconds=20))
        return self._world.act(tables[event.numbers[0] % len(tables)], ACTS[event.words[0]])

    def _turn(self, event: Event) -> object:
        self._world.network.decide(map(Fate, event.words))
        said = self._world.turn(event.node)
        self._world.network.decide(())
        return said

    def _pass(self, event: Event) -> object:
        self._world.clock.move(timedelta(seconds=event.numbers[0]))
        return self._world.clock.now()

    def _again(self, event: Event) -> None:
        sender = self._world.nodes[event.node]
        others = (
            other
            for number, other in enumerate(self._world.nodes)
            if (number == ORIGIN_AT) != (event.node == ORIGIN_AT)
        )
        for receiver in others:
            self._world.network.bring_again(sender, receiver, event.numbers)

    def _export(self, event: Event) -> object:
        begin, end = self._way(event)
        file = BytesIO()

        def export() -> None:
            node = self._world.nodes[begin]
            peer = self._world.nodes[end].identity.node_id
            bundles.export_post(node, peer, file, staff(Role.ADMINISTRATOR))
            self._files.setdefault((begin, end), []).append(file.getvalue())

        return self._world.by_hand(begin, export)

    def _import(self, event: Event) -> object:
        begin, end = self._way(event)
        answers = BytesIO()
        if not self._files.get((begin, end)):
            return "no file"
        file = BytesIO(self._files[begin, end].pop(0))
        administrator = staff(Role.ADMINISTRATOR)
        said = self._world.by_hand(
            end, lambda: bundles.import_post(self._world.nodes[end], file, answers, administrator)
        )
        if said == "done":
            answers.seek(0)
            said = self._world.by_hand(
                begin, lambda: bundles.import_results(self._world.nodes[begin], answers, administrator)
            )
        return said

    def _skew(self, event: Event) -> None:
        self._world.clocks[event.node].skew = timedelta(seconds=event.numbers[0])

    def _machine(self, event: Event) -> Machine:
        return self._world.machines[event.node]

    def _names(self, event: Event) -> tuple[str, str]:
        nodes = self._world.nodes
        return nodes[event.node].identity.node_id, nodes[ORIGIN_AT].identity.node_id

    def _way(self, event: Event) -> tuple[int, int]:
        there = (event.node, ORIGIN_AT)
        return there if event.words == ("there",) else there[::-1]
