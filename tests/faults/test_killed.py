"""Sender, receiver, worker and database are killed under load, behind lines that delay, cut and reset.

`make soak MINUTES=10` does the same for longer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.soak import soak

SECONDS = 2


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_or_done_twice_when_processes_are_killed(tmp_path: Path, kind: str) -> None:
    outcome = soak(tmp_path, kind, seconds=SECONDS, seed=1)
    assert not outcome.problems, str(outcome)
    assert outcome.sent
    assert {"host", "origin", "worker"} <= outcome.killed.keys()
    assert outcome.failed_connections
