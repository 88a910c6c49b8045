"""What processes cost, read from /proc: processor time in milliseconds, and the most memory they ever held.

A database's own processes count too: its postmaster, its living children, and those that ended and were waited for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import text

from relevo.storage.database import Database

_TICKS = os.sysconf("SC_CLK_TCK")
_PPID, _TIMES = 1, slice(11, 15)


def cpu_ms(pids: Iterable[int]) -> float:
    """The processor time of these processes, and of their children that ended; whose parent counts those of them."""
    return sum(map(_ticks, pids)) * 1000 / _TICKS


def peak_mb(pid: int) -> float:
    """The most memory that a process held at once, since it began or since `forget_peak`."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    line = next(line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget_peak(pid: int) -> None:
    """Let the most memory that a process held be counted from now on (proc(5), `clear_refs`)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def with_children(parent: int) -> list[int]:
    """A process and those that it started and that are still there."""
    return [parent, *(pid for pid in _everything() if _parent(pid) == parent)]


def postmaster(address: str) -> int | None:
    """The process that a PostgreSQL began with; None for SQLite, which has none of its own."""
    if address.startswith("sqlite"):
        return None
    database = Database(address)
    with database.read() as session:
        folder = str(session.execute(text("SHOW data_directory")).scalar_one())
    database.close()
    return int((Path(folder) / "postmaster.pid").read_text(encoding="ascii").split()[0])


def _everything() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _ticks(pid: int) -> int:
    try:
        return sum(map(int, _stat(pid)[_TIMES]))
    except FileNotFoundError:
        return 0


def _parent(pid: int) -> int | None:
    try:
        return int(_stat(pid)[_PPID])
    except FileNotFoundError:
        return None


def _stat(pid: int) -> list[str]:
    """The fields after the name, which is in brackets and may hold anything."""
    raw = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    return raw.rpartition(")")[2].split()
