"""`make simulate SEEDS=400 FIRST=0`: real nodes through everything that fails, seed after seed.

For each seed that ends broken, what has to happen for it is printed, as short as it could be made. The exit status is
1 if any did. `support.simulated_days` says what happens, `support.simulated_ends` what must hold in the end.
"""

from __future__ import annotations

import sys
import time

import structlog

from support.simulation import Simulation, prepared

SHORTENED = 3
"""How many broken ends are made short; each takes a minute."""


def main(seeds: str, first: str = "0") -> int:
    """Simulate that many seeds from the first on; how many ended broken."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with prepared() as simulation:
        return _run(simulation, range(int(first), int(first) + int(seeds)))


def _run(simulation: Simulation, seeds: range) -> int:
    began, broken, messages, cuts = time.monotonic(), 0, 0, 0
    for seed in seeds:
        result = simulation.run(seed)
        messages, cuts = messages + result.messages, cuts + result.power_cuts
        if result.problems:
            broken += 1
            _say(str(simulation.shortest(result) if broken <= SHORTENED else result))
    pace = len(seeds) / (time.monotonic() - began)
    _say(f"{len(seeds)} seeds, {pace:.2f} a second: {messages} messages, {cuts} power cuts, {broken} ended broken")
    return broken


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
