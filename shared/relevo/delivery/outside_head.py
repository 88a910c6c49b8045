"""The newest head of the log in a file outside the database, which is only ever replaced by one that continues it.

    checkpoint.json     {"size": entries of the log, "note": the signed checkpoint, "kept_at": NumericDate}
    checkpoint.lock     held (flock) by the one process that compares and swaps

The file is written beside and renamed, and both are synced, so that a power cut leaves the old one or the new one. No
head is shown to anybody before it stands here: whoever put an older database back can write entries and sign over them,
but nobody will see that head, because the one outside is not among those of their database. This holds between
processes too, even if each of them has a database of its own.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from relevo.errors import Conflict


class OutsideUnfit(Conflict):
    """The folder outside the database cannot be read or written, so no new head of the log is shown to anybody."""

    code = "outside-unfit"
    advice = "See to the folder that the setting `outside` names: is its disk there, writable, and not full?"


@dataclass(frozen=True, kw_only=True)
class KeptHead:
    """A head as it is kept: how many entries it covers, its signed checkpoint, when it was written (NumericDate)."""

    size: int
    note: str
    kept_at: int


class OutsideHead:
    """The file, in a folder that is there."""

    def __init__(self, folder: Path) -> None:
        self._file, self._lock = folder / "checkpoint.json", folder / "checkpoint.lock"

    def read(self) -> KeptHead | None:
        """The head that is kept, or None if none ever was.

        Raises:
            OutsideUnfit: if it cannot be read, or is not of its form.
        """
        try:
            return _parse(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise OutsideUnfit(f"checkpoint.json cannot be read: {fault.strerror}") from fault

    @contextmanager
    def alone(self) -> Iterator[KeptHead | None]:
        """The head that is kept, and until the end of the block no other process compares or swaps.

        Raises:
            OutsideUnfit: if the folder cannot be written.
        """
        try:
            handle = os.open(self._lock, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as fault:
            raise OutsideUnfit(f"checkpoint.lock cannot be opened: {fault.strerror}") from fault
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield self.read()
        finally:
            os.close(handle)

    def write(self, head: KeptHead) -> None:
        """Put `head` in the place of the one before; only within `alone`.

        Raises:
            OutsideUnfit: if it cannot be written.
        """
        beside = self._file.with_suffix(".new")
        try:
            write_synced(beside, json.dumps(asdict(head)), os.O_TRUNC)
            beside.replace(self._file)
            _sync(self._file.parent)
        except OSError as fault:
            raise OutsideUnfit(f"checkpoint.json cannot be written: {fault.strerror}") from fault


def write_synced(file: Path, text: str, how: int) -> None:
    """Write text to a file that nobody else may read; `how` is `os.O_TRUNC` or `os.O_APPEND`; raises `OSError`."""
    handle = os.open(file, os.O_CREAT | os.O_WRONLY | how, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parse(text: str) -> KeptHead:
    try:
        match json.loads(text):
            case {"size": int(size), "note": str(note), "kept_at": int(kept_at)}:
                return KeptHead(size=size, note=note, kept_at=kept_at)
    except ValueError as fault:
        raise OutsideUnfit("checkpoint.json is not JSON") from fault
    raise OutsideUnfit("checkpoint.json is not of its form")
