"""What a node keeps outside its database, in the folder that the setting `outside` names, so that a backup shows.

    checkpoint.json     the newest head of the log that was ever shown (`relevo.delivery.outside_head`)
    tombstones.jsonl    a line for each erased referral:
                        {"peer", "thread", "status", "kept": whether the SOP keeps some classes still, "at"}

A head is shown to nobody (served, brought to witnesses, put into evidence) before it stands outside, and it may only
take the place of one that this database knows as well. A database that lacks the head outside was restored: the node
stops sending until an administrator confirms a new epoch (`relevo.delivery.epochs`). Before a restored node serves,
each tombstone is applied, so that what was erased does not come back with the backup. Neither file names anybody; a
thread is a pseudonym, as in the log, and the folder belongs on another disk, for as long as backups are kept.
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
from relevo.delivery.outside_head import KeptHead, OutsideHead, OutsideUnfit, write_synced
from relevo.storage import erasure, log, peers
from relevo.storage.tables import CheckpointRow, LogEntryRow, ReferralRow
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
    """The files of one node, in a folder that survives its database."""

    def __init__(self, node: Node, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._node = node
        self._head, self._tombstones = OutsideHead(folder), folder / "tombstones.jsonl"
        self._seen = -1

    def start(self) -> int:
        """Before anything is served or sent: erase again, and stop if the database is old; how many were erased.

        Raises:
            OutsideUnfit: if the folder cannot be read.
        """
        erased = 0
        for stone in self._read():
            with self._node.write() as work:
                erased += _bury(self._node, work, stone)
        with self._node.read() as work:
            is_behind = not self._knows(work, self._head.read())
        if is_behind:
            self._stop()
        return erased

    def turn(self) -> None:
        """Note what was erased since the last turn; keep the newest head, then let it be shown.

        Raises:
            OutsideUnfit: if the folder cannot be read or written; nothing new is shown then.
        """
        with self._node.read() as work:
            newest = work.session.scalar(select(func.max(LogEntryRow.id))) or 0
            found = self._unburied(work) if self._was_erased(work, newest) else []
        if found:
            self._append(found)
        self._seen = newest
        self._publish()

    def _publish(self) -> None:
        """Compare the head outside with those of this database, swap it for the newest, and only then show that one."""
        with self._head.alone() as held, self._node.read() as work:
            newest = log.newest_signed(work.session)
            is_known = self._knows(work, held)
            if is_known and newest is not None and (held is None or held.note != newest.note):
                self._head.write(KeptHead(size=newest.size, note=newest.note, kept_at=seconds(work.at)))
            if held is None and log.latest_checkpoint(work.session) is not None:
                EVENTS.warning("no head of the log was kept outside until now; was the folder emptied, or is it new?")
        if not is_known:
            self._stop()
        elif newest is not None and newest.shown_at is None:
            with self._node.write() as work:
                log.show(work.session, newest.size, work.at)

    def _knows(self, work: UnitOfWork, held: KeptHead | None) -> bool:
        """Whether this database signed the head outside, or people confirmed since that it is lost."""
        if held is None:
            return True
        mine = work.session.get(CheckpointRow, held.size)
        if mine is not None and mine.note == held.note:
            return True
        confirmed = work.session.scalar(select(func.max(StandRow.confirmed_at)))
        return confirmed is not None and held.kept_at <= seconds(confirmed)

    def _stop(self) -> None:
        """Send nothing more to anybody."""
        with self._node.write() as work:
            for row in peers.everybody(work.session):
                epochs.stop(work, row.node_id)

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
        try:
            write_synced(self._tombstones, "".join(f"{line}\n" for line in lines), os.O_APPEND)
        except OSError as fault:
            raise OutsideUnfit(f"tombstones.jsonl cannot be written: {fault.strerror}") from fault

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
