"""`make soak MINUTES=10`: real processes killed under load behind bad lines, on SQLite and PostgreSQL in turn.

The exit status is 1 if anything was lost, repeated or torn.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from support.soak import soak

GO_SECONDS = 60
KINDS = ("sqlite", "postgresql")


def main(minutes: str) -> int:
    """Kill for so many minutes; how many goes ended broken."""
    end, go, broken = time.monotonic() + float(minutes) * 60, 0, 0
    while time.monotonic() < end:
        kind = KINDS[go % len(KINDS)]
        with tempfile.TemporaryDirectory(prefix="relevo-soak-") as folder:
            outcome = soak(Path(folder), kind, seconds=min(GO_SECONDS, end - time.monotonic()), seed=go)
        broken += bool(outcome.problems)
        sys.stdout.write(f"{kind}, seed {go}: {outcome}\n")
        sys.stdout.flush()
        go += 1
    return broken


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
