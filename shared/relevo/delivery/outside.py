"""What a node keeps outside its database, in the folder that the setting `outside` names, so that a backup shows.

    checkpoint.json     {"size": entries of the log, "note": the newest signed checkpoint, "kept_at": NumericDate}
    tombstones.jsonl    a line for each referral that was erased:
                        {"peer", "thread", "status", "kept": whether the SOP keeps some classes still, "at"}

A database that is older than the checkpoint was restored: the node stops sending until an administrator confirms a new
epoch (`relevo.delivery.epochs`). Before a restored node serves, each tombstone is applied, so that what was erased does
not come back with the backup. Neither file names anybody; a thread is a pseudonym, as in the log, and the file belongs
on another disk, for as long as backups are kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import func, select

from relevo.clock import seconds
from relevo.delivery import epochs, retention
from relevo.delivery.node import Node
from relevo.storage import erasure, log, peers
from relevo.storage.tables import LogEntryRow, ReferralRow
from relevo.storage.tables_streams import StandRow
from relevo.storage.unit_of_work import UnitOfWork

_ERASURE = b'{"type":"erasure"'
"""How a record of an erasure begins (`relevo.protocol.record`)."""
EVENTS = structlog.get_logger("relevo.outside")


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """A referral that was erased, and where it stood then."""

    peer: str
    thread: str
    status: str
    kept: bool


class Outside:
    """The two files of one node, in a folder that survives its database."""

    def __init__(self, node: Node, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._node = node
        self._checkpoint, self._tombstones = folder / "checkpoint.json", folder / "tombstones.jsonl"
        self._seen = -1

    def start(self) -> int:
        """Before anything is served or sent: erase again, and stop if the database is old; how many were erased."""
        erased = 0
        for stone in self._read():
            with self._node.write() as work:
                erased += _bury(self._node, work, stone)
        with self._node.write() as work:
            self._compare(work)
        return erased

    def turn(self) -> None:
        """Note what was erased since the last turn, and keep the newest checkpoint unless the one outside is newer."""
        with self._node.read() as work:
            newest = work.session.scalar(select(func.max(LogEntryRow.id))) or 0
            found = self._unburied(work) if self._was_erased(work, newest) else []
        if found:
            self._append(found)
        self._seen = newest
        with self._node.read() as work:
            is_older = self._is_older(work)
        if is_older:
            with self._node.write() as work:
                self._compare(work)
        else:
            self._keep()

    def _compare(self, work: UnitOfWork) -> None:
        """Stop sending to everybody if this database is older than the checkpoint outside."""
        if self._is_older(work):
            for row in peers.everybody(work.session):
                epochs.stop(work, row.node_id)

    def _is_older(self, work: UnitOfWork) -> bool:
        if not self._checkpoint.exists():
            return False
        kept = json.loads(self._checkpoint.read_text(encoding="utf-8"))
        confirmed = work.session.scalar(select(func.max(StandRow.confirmed_at)))
        if confirmed is not None and kept["kept_at"] <= seconds(confirmed):
            return False
        return bool(kept["size"] > log.size(work.session))

    def _keep(self) -> None:
        with self._node.read() as work:
            newest = log.latest_checkpoint(work.session)
            if newest is None:
                return
            document = {"size": newest.size, "note": newest.note, "kept_at": seconds(work.at)}
        if self._checkpoint.exists():
            kept = json.loads(self._checkpoint.read_text(encoding="utf-8"))
            if kept["note"] == newest.note:
                return
        beside = self._checkpoint.with_suffix(".new")
        _write(beside, json.dumps(document), os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        beside.replace(self._checkpoint)

    def _was_erased(self, work: UnitOfWork, newest: int) -> bool:
        """Whether something was erased since the last turn; on the first turn nobody knows."""
        if self._seen < 0 or newest < self._seen:
            return True
        erasures = func.substr(LogEntryRow.record, 1, len(_ERASURE)) == _ERASURE
        since = select(LogEntryRow.id).where(LogEntryRow.id > self._seen, erasures)
        return work.session.scalar(since.limit(1)) is not None

    def _unburied(self, work: UnitOfWork) -> list[Tombstone]:
        known = set(self._read())
        erased = select(ReferralRow).where(ReferralRow.basis_record.is_(None))
        stones = (_stone(row) for row in work.session.scalars(erased))
        return [stone for stone in stones if stone not in known]

    def _append(self, stones: list[Tombstone]) -> None:
        at = seconds(self._node.clock.now())
        lines = (json.dumps({**vars(stone), "at": at}) for stone in stones)
        _write(self._tombstones, "".join(f"{line}\n" for line in lines), os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def _read(self) -> Iterator[Tombstone]:
        if not self._tombstones.exists():
            return
        for line in self._tombstones.read_text(encoding="utf-8").split("\n"):
            try:
                said = json.loads(line)
            except ValueError:
                continue
            yield Tombstone(peer=said["peer"], thread=said["thread"], status=said["status"], kept=said["kept"])


def _stone(row: ReferralRow) -> Tombstone:
    return Tombstone(peer=row.peer, thread=row.thread, status=row.status, kept=row.erased_at is None)


def _bury(node: Node, work: UnitOfWork, stone: Tombstone) -> bool:
    row = work.session.get(ReferralRow, (stone.peer, stone.thread))
    if row is None or (erasure.is_erased(row) and (stone.kept or row.erased_at is not None)):
        return False
    row.status = stone.status
    retention.erase_again(work, row, node.holdings, kept=stone.kept)
    EVENTS.warning("erased again", peer=row.peer, thread=row.thread)
    return True


def _write(file: Path, text: str, flags: int) -> None:
    handle = os.open(file, flags, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())
