"""Gathering the evidence of many referrals, or of one with its data, line by line; nothing large stands in memory.

    relation    every message with one peer, or those of a period: of each stream the stretch from the first to the last
    node        the same with every peer, and every entry of the log whose salt is still there
    referral    one thread with the disclosures that the user may read; that is a look at personal data, and recorded

What has no place in the log yet is left out: it stands at the end of a stream and will be in the next file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from relevo.delivery import evidence, evidence_basis, file_traces, looking
from relevo.delivery.evidence import LogBehind
from relevo.delivery.evidence_older import older_heads
from relevo.domain.access import Act
from relevo.domain.access_to_data import LookReason
from relevo.errors import BadInput
from relevo.protocol import base64url, strict_json
from relevo.protocol.basis import commit
from relevo.protocol.evidence import EvidenceFile, EvidenceMessage
from relevo.protocol.evidence_book import write_book
from relevo.protocol.evidence_items import (
    BookBasis,
    BookCheckpoint,
    BookEntry,
    BookHead,
    BookHidden,
    BookItem,
    BookOlder,
    BookSop,
    BookStatement,
    BookThread,
)
from relevo.protocol.manifest import manifest_digest
from relevo.protocol.record import Record, RecordType, read_record
from relevo.protocol.strict_json import JsonObject
from relevo.storage import access_log, erasure, log, peers, referrals, witness
from relevo.storage.tables import CheckpointRow, InboxRow, LogEntryRow, LogHashRow, OutboxRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

CHUNK = 1000
_NAMES = ("manifest", "receipt", "file")

_Stretches: TypeAlias = dict[tuple[str, int | None], tuple[int | None, int | None]]
"""By direction and epoch the first and the last number of a stream."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """From `since` to before `until`; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise BadInput("the period ends before it begins", field="to")

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies within."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    @property
    def is_open(self) -> bool:
        """Whether it takes in everything."""
        return self.since is None and self.until is None


@dataclass(eq=False)
class _Book:
    """One export on its way: what is asked for, the head it is proven under, what that head covers."""

    work: UnitOfWork
    peers: tuple[str, ...]
    period: Period
    checkpoint: CheckpointRow
    thread: str | None = None
    everything: bool = False
    disclosed: Callable[[list[str] | None], list[str]] | None = None
    basis: tuple[BookBasis, ...] = ()
    logged: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)


def export_relation(work: UnitOfWork, peer: str, period: Period | None = None) -> Iterator[bytes]:
    """The evidence of all referrals with one peer, line by line.

    Raises:
        NotFound: if there is no such peer.
        LogBehind: if the log has no checkpoint yet.
    """
    work.require(Act.EXPORT_RELATION)
    found = peers.find(work.session, peer).node_id
    return write_book(_items(_Book(work, (found,), period or Period(), _newest(work.session))))


def export_node(work: UnitOfWork, period: Period | None = None) -> Iterator[bytes]:
    """The evidence of all referrals with all peers, and of everything else in the log, line by line."""
    work.require(Act.EXPORT_RELATION)
    everybody = tuple(row.node_id for row in peers.everybody(work.session))
    return write_book(_items(_Book(work, everybody, period or Period(), _newest(work.session), everything=True)))


def export_content(work: UnitOfWork, thread: str, why: str = LookReason.SUPERVISE) -> bytes:
    """The evidence of one referral with what the user may read of its content; the look is recorded.

    Raises:
        LogBehind: if a message of it has no place in the log yet.
    """
    work.require(Act.EXPORT_CONTENT)
    row = referrals.by_thread(work.session, thread)
    if log.waits(work.session, (thread, row.sop)):
        raise LogBehind
    present = erasure.classes_of(work.session, row) | evidence_basis.classes_of(work.session, row)
    readable = looking.look(work, row, present, why)
    entries = log.entries_of(work.session, thread)
    book = _Book(
        work,
        (row.peer,),
        Period(),
        evidence.checkpoint_over(work.session, entries),
        thread=thread,
        disclosed=lambda texts: erasure.readable_part(texts or (), readable),
        basis=tuple(evidence_basis.shown(work, row, readable)),
    )
    return b"".join(write_book(_items(book)))


def _newest(session: Session) -> CheckpointRow:
    found = witness.newest_cosigned(session, least=log.size(session)) or log.latest_checkpoint(session)
    if found is None:
        raise LogBehind
    return found


def _items(book: _Book) -> Iterator[BookItem]:
    work = book.work
    yield BookHead(
        node=work.identity.node_id,
        peers=book.peers,
        since=book.period.since,
        until=book.period.until,
        thread=book.thread,
        personal_data=book.disclosed is not None,
        made_at=work.at,
    )
    for node in (work.identity.node_id, *book.peers):
        yield from (BookStatement(node=node, token=token) for token in peers.statements(work.session, node))
        book.subjects.add(node)
    for peer in book.peers:
        yield from (BookSop(peer=peer, sop=evidence.sop_shown(work, one, peer)) for one in _sops(book, peer))
    book.logged.update(_logged(book))
    for peer in book.peers:
        yield from _threads(book, peer)
    yield from _leaves(book)
    yield from (BookOlder(head=one) for one in older_heads(work, book.peers, book.checkpoint))
    yield BookCheckpoint(note=witness.cosigned(work.session, book.checkpoint))


def _sops(book: _Book, peer: str) -> list[str]:
    """The procedures that referrals with this peer move under."""
    used = select(ReferralRow.sop).where(ReferralRow.peer == peer).distinct().order_by(ReferralRow.sop)
    if book.thread is not None:
        used = used.where(ReferralRow.thread == book.thread)
    found = list(book.work.session.scalars(used))
    book.subjects.update(found)
    return found


def _logged(book: _Book) -> Iterator[str]:
    """The digests of all manifests and receipts that stand under the head."""
    for _, record in _placed(book):
        yield from (str(record.fields[name]) for name in _NAMES if name in record.fields)


def _threads(book: _Book, peer: str) -> Iterator[BookThread]:
    session, stretches = book.work.session, _stretches(book, peer)
    for thread in _threads_of(book, peer):
        rows: Iterator[tuple[OutboxRow | InboxRow, EvidenceMessage]]
        rows = chain(evidence.sent(session, peer, thread), evidence.received(session, peer, thread))
        found = [_shown(book, row, shown) for row, shown in rows if _is_in(book, row, shown, stretches)]
        if found:
            book.subjects.update((thread, access_log.entries_of(thread)))
            files = tuple(_files(book, peer, thread))
            yield BookThread(peer=peer, thread=thread, messages=tuple(found), files=files, basis=_named(book, found))
        session.expunge_all()


def _named(book: _Book, shown: Sequence[EvidenceMessage]) -> tuple[BookBasis, ...]:
    """What messages that are shown rest on, where that may be shown."""
    named = {str(_claims(one)["basis"]) for one in shown}
    return tuple(one for one in book.basis if any(f":{commit(one.record, one.salt)}" in claim for claim in named))


def _claims(shown: EvidenceMessage) -> JsonObject:
    return strict_json.load(base64url.decode(shown.manifest.split(".")[1]))


def _files(book: _Book, peer: str, thread: str) -> Iterator[EvidenceFile]:
    """The files of a referral in the period, each only if the head covers all that is shown of it."""
    for row, shown in file_traces.shown(book.work.session, peer, thread):
        names = {shown.digest, *([base64url.digest(shown.receipt.encode())] if shown.receipt else ())}
        if book.period.holds(row.at) and names <= book.logged:
            book.shown.add(shown.digest)
            yield shown


def _threads_of(book: _Book, peer: str) -> list[str]:
    if book.thread is not None:
        return [book.thread]
    sent = select(OutboxRow.thread).where(OutboxRow.peer == peer, OutboxRow.seq.is_not(None))
    came = select(InboxRow.thread).where(InboxRow.peer == peer)
    return sorted({*book.work.session.scalars(sent.distinct()), *book.work.session.scalars(came.distinct())})


def _stretches(book: _Book, peer: str) -> _Stretches:
    """Of each stream and epoch the first and the last number of the period."""
    sent = select(OutboxRow.epoch, func.min(OutboxRow.seq), func.max(OutboxRow.seq)).group_by(OutboxRow.epoch)
    sent = sent.where(OutboxRow.peer == peer, OutboxRow.seq.is_not(None))
    came = select(InboxRow.epoch, func.min(InboxRow.seq), func.max(InboxRow.seq)).group_by(InboxRow.epoch)
    came = came.where(InboxRow.peer == peer)
    since, until = book.period.since, book.period.until
    if since is not None:
        sent, came = sent.where(OutboxRow.made_at >= since), came.where(InboxRow.received_at >= since)
    if until is not None:
        sent, came = sent.where(OutboxRow.made_at < until), came.where(InboxRow.received_at < until)
    found: _Stretches = {("sent", epoch): (first, last) for epoch, first, last in book.work.session.execute(sent)}
    return found | {("received", epoch): (first, last) for epoch, first, last in book.work.session.execute(came)}


def _is_in(book: _Book, row: OutboxRow | InboxRow, shown: EvidenceMessage, stretches: _Stretches) -> bool:
    first, last = stretches.get((shown.direction, row.epoch), (1, 0))
    if manifest_digest(shown.manifest) not in book.logged or not (first or 1) <= (row.seq or 0) <= (last or 0):
        return False
    book.shown.add(row.jti)
    return True


def _shown(book: _Book, row: OutboxRow | InboxRow, shown: EvidenceMessage) -> EvidenceMessage:
    """The message as this file shows it: a receipt only if it is logged, disclosures only where they are asked for."""
    logged = shown.receipt is not None and base64url.digest(shown.receipt.encode()) in book.logged
    disclosed = tuple(book.disclosed(row.disclosures)) if book.disclosed else None
    return replace(shown, receipt=shown.receipt if logged else None, disclosures=disclosed)


def _placed(book: _Book) -> Iterator[tuple[LogEntryRow, Record]]:
    """Every entry under the head that can still be read, in the order of the log."""
    session, begin = book.work.session, 0
    while begin < book.checkpoint.size:
        end = min(begin + CHUNK, book.checkpoint.size)
        there = (LogEntryRow.position >= begin, LogEntryRow.position < end)
        for entry in session.scalars(select(LogEntryRow).where(*there).order_by(LogEntryRow.position)):
            if entry.salt:
                yield entry, read_record(entry.record)
        session.expunge_all()
        begin = end


def _leaves(book: _Book) -> Iterator[BookItem]:
    """The log from its first leaf to the head, with the records that this file speaks of."""
    at = 0
    for entry, record in _placed(book):
        if _speaks_of(book, entry, record):
            place = entry.position or 0
            yield from _hidden(book.work.session, at, place)
            yield BookEntry(record=entry.record, salt=entry.salt)
            at = place + 1
    yield from _hidden(book.work.session, at, book.checkpoint.size)


def _speaks_of(book: _Book, entry: LogEntryRow, record: Record) -> bool:
    if record.fields.get("peer", book.work.identity.node_id) not in {*book.peers, book.work.identity.node_id}:
        return False
    if "jti" in record.fields or "file" in record.fields:
        return (record.fields.get("jti") or record.fields["file"]) in book.shown
    is_ours = book.everything or entry.subject in book.subjects
    return is_ours and (book.period.holds(record.at) or record.type in {RecordType.KEY, RecordType.PEER})


def _hidden(session: Session, begin: int, end: int) -> Iterator[BookHidden]:
    """The greatest complete subtrees that make up the leaves from `begin` to before `end`."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        while begin % (1 << level):
            level -= 1
        found = session.get_one(LogHashRow, (level, begin >> level))
        yield BookHidden(level=level, hash=found.hash)
        begin += 1 << level
