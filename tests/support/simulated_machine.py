"""The machine under a simulated node: a disk that may be full, and power that goes at a chosen commit.

A power cut keeps the files exactly as they lie on the disk at that moment, SQLite's journal included, and ends whatever
the node was doing with `PowerCut`, which nothing catches but the world. The node is then put together anew from those
files alone, as after a real one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from sqlalchemy.orm import Session

from relevo.storage.database import Database

Image: TypeAlias = Mapping[str, bytes]
"""What lies on a disk: the bytes of the SQLite file and of its journal, by the end of their names."""
PARTS = ("", "-wal")
NO_LIMIT = 4294967294


class PowerCut(BaseException):
    """The power of a node's machine went."""


class Machine:
    """One node's machine, and its files."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name, self._file = name, folder / f"{name}.db"
        self._commits_left: int | None = None
        self._after = False
        self.full = False
        self.image: Image | None = None
        self.database = SimulatedDatabase(f"sqlite:///{self._file}", self)

    def start(self, image: Image) -> None:
        """Begin with what lies on the disk, and with nothing else."""
        self.database.close()
        for part in (*PARTS, "-shm"):
            self._part(part).unlink(missing_ok=True)
        for part, content in image.items():
            self._part(part).write_bytes(content)
        self._commits_left, self.image = None, None

    def look(self) -> Image:
        """What lies on the disk now."""
        return {part: self._part(part).read_bytes() for part in PARTS if self._part(part).exists()}

    def cut_at(self, commits: int, *, after: bool) -> None:
        """Let the power go at a commit from now (1 is the next), before or after it is on the disk."""
        self._commits_left, self._after = commits, after

    def stay_on(self) -> bool:
        """Let the power not go; whether it was about to."""
        about_to, self._commits_left = self._commits_left is not None, None
        return about_to

    def commit(self, *, after: bool) -> None:
        """Tell that a commit is about to begin, or has ended."""
        if self._commits_left is None:
            return
        self._commits_left -= not after
        if self._commits_left <= 0 and after == self._after:
            self.image = self.look()
            self._commits_left = None
            raise PowerCut(self._name)

    def _part(self, part: str) -> Path:
        return self._file.with_name(self._file.name + part)


class SimulatedDatabase(Database):
    """A node's database on such a machine."""

    def __init__(self, address: str, machine: Machine) -> None:
        super().__init__(address)
        self._machine = machine

    @contextmanager
    def write(self, lane: str | None = None) -> Iterator[Session]:
        """See `Database`; a full disk is SQLite's own refusal to add a page."""
        with super().write(lane) as session:
            most = 1 if self._machine.full else NO_LIMIT
            session.connection().exec_driver_sql(f"PRAGMA max_page_count={most}")
            yield session
            session.flush()
            self._machine.commit(after=False)
        self._machine.commit(after=True)
