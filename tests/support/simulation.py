"""Running a simulation: a seed in; what does not hold, and the trace of what happened, out.

The plan of a seed is a list of events. `shortest` leaves out as many as it can while the end stays broken, so that
people read ten lines and not a hundred.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.simulated_days import Days, Event, plan
from support.simulated_ends import broken, heal
from support.simulated_machine import Machine
from support.simulated_network import Network
from support.simulated_world import Template, World, make_template, one_randomness

LENGTH = 100
MOST_TRIES = 80
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of ours is made in it
"""Files that outlive no restart and cost no disk, where there are such."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a simulation ended: what does not hold, what happened, and what it met on its way."""

    seed: int
    events: tuple[Event, ...]
    problems: tuple[str, ...]
    trace: tuple[str, ...]
    messages: int
    power_cuts: int

    @property
    def invariants(self) -> set[str]:
        """The names of those that are broken."""
        return {problem.partition(":")[0] for problem in self.problems}

    def __str__(self) -> str:
        """The seed, the trace and the problems, for people."""
        return "\n".join([f"seed {self.seed}", *self.trace, *self.problems])


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What is the same for all seeds: on what machines, with what nodes begin, and whose network it is."""

    template: Template
    machines: tuple[Machine, ...]
    network: Callable[[], Network] = Network

    def run(self, seed: int) -> Result:
        """Simulate what follows from a seed.

        Every third has a second host, every other one restores; in two of four
        messages leave with the transactions that queue them.
        """
        return self.play(seed, plan(seed, length=LENGTH, count=_count(seed), restores=seed % 2 == 1))

    def play(self, seed: int, events: Sequence[Event]) -> Result:
        """Let these events happen with the randomness of that seed."""
        with one_randomness(seed):
            machines, at_once = self.machines[: _count(seed)], seed // 2 % 2 == 1
            world = World(self.template, machines, self.network(), at_once=at_once)
            try:
                return _play(seed, world, events)
            finally:
                world.close()

    def shortest(self, result: Result) -> Result:
        """The same fault with fewer events, as far as some tries lead."""
        size, tries = (len(result.events) + 1) // 2, 0
        while size and tries < MOST_TRIES:
            tries, fewer = tries + 1, None
            for begin in range(0, len(result.events), size):
                found = self.play(result.seed, result.events[:begin] + result.events[begin + size :])
                if found.invariants & result.invariants:
                    fewer = found
                    break
            size, result = (size // 2, result) if fewer is None else (min(size, len(fewer.events)), fewer)
        return result


@contextmanager
def prepared() -> Iterator[Simulation]:
    """A simulation whose files lie in memory, where the machine has a folder for that, and go at the end."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="relevo-simulation-") as folder:
        machines = tuple(Machine(Path(folder), f"machine-{number}") for number in range(3))
        yield Simulation(template=make_template(Path(folder)), machines=machines)


def _count(seed: int) -> int:
    return 3 if seed % 3 == 0 else 2


def _play(seed: int, world: World, events: Sequence[Event]) -> Result:
    days, trace = Days(world), list[str]()
    try:
        for event in events:
            trace.append(f"  {event}: ")
            trace[-1] += str(days.happen(event) or "")
        problems = [*heal(world), *broken(world)]
    except Exception as fault:  # noqa: BLE001 - whatever ends a simulation is a finding, and its trace is wanted
        problems = [f"nothing unforeseen: {type(fault).__name__} {fault}"]
    return Result(
        seed=seed,
        events=tuple(events),
        problems=tuple(problems),
        trace=tuple(trace),
        messages=sum(len(seen.queued) for seen in world.seen),
        power_cuts=world.cuts,
    )
