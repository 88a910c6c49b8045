"""The log of a node as a book shows it: leaf after leaf up to the root, records where they are shown, hashes elsewhere.

A stack of complete subtrees, as in RFC 9162, section 2.1.2: a leaf or a subtree is pushed, equal neighbours become one,
and at the end what is left is folded from the right into the root. So every leaf stands in exactly one place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from relevo.errors import WireError
from relevo.protocol import base64url
from relevo.protocol.evidence import Direction
from relevo.protocol.evidence_items import BookCheckpoint, BookEntry, BookHidden, BookOlder
from relevo.protocol.evidence_log import EvidenceMalformed
from relevo.protocol.merkle import EMPTY_ROOT, InclusionFailed, leaf_hash, node_hash
from relevo.protocol.record import FIELDS, RecordType, entry_of, read_record
from relevo.protocol.verification_account import Head
from relevo.protocol.verification_files import file_records, file_subject
from relevo.protocol.verification_log import LogEntryMissing, LogRecordMismatch, LookMissing
from relevo.protocol.verification_nodes import read_head
from relevo.protocol.verification_report import Check, could_not_check, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relevo.protocol.evidence import EvidenceFile
    from relevo.protocol.evidence_items import BookHead
    from relevo.protocol.evidence_log import EvidenceHead
    from relevo.protocol.record import Record
    from relevo.protocol.statement import NodeStatement
    from relevo.protocol.verification_messages import Proven
    from relevo.protocol.verification_report import Line

Key: TypeAlias = tuple[RecordType, tuple[str | None, ...]]
_ABOUT_MESSAGES = frozenset(
    {
        RecordType.MESSAGE_SENT,
        RecordType.MESSAGE_RECEIVED,
        RecordType.RECEIPT_MADE,
        RecordType.RECEIPT_GOT,
        RecordType.FILE_SENT,
        RecordType.FILE_RECEIPT_MADE,
        RecordType.FILE_RECEIPT_GOT,
    }
)


@dataclass
class Leaves:
    """The log as far as it was read."""

    scope: BookHead
    size: int = 0
    records: dict[int, Record] = field(default_factory=dict)
    leaves: dict[int, bytes] = field(default_factory=dict)
    subtrees: dict[tuple[int, int], bytes] = field(default_factory=dict)
    older: list[EvidenceHead] = field(default_factory=list)
    _stack: list[tuple[int, bytes]] = field(default_factory=list)
    _wanted: dict[Key, str] = field(default_factory=dict)
    _messages: set[tuple[str | None, str | None]] = field(default_factory=set)
    _kinds: Counter[RecordType] = field(default_factory=Counter)
    _looks: dict[str | None, set[int]] = field(default_factory=lambda: defaultdict(set))
    _faults: list[Line] = field(default_factory=list)
    _note: str = ""

    def want(self, found: Proven, peer: str) -> None:
        """Expect the records of a message that is shown, and of its receipt."""
        message, sent = found.message, found.direction is Direction.SENT
        names = (message.jti, message.thread, peer)
        kind = RecordType.MESSAGE_SENT if sent else RecordType.MESSAGE_RECEIVED
        self._wanted[kind, (found.verified.digest, *names)] = f"the manifest of {found.subject}"
        self._messages.add((message.jti, message.thread))
        if found.shown.receipt is not None:
            kind = RecordType.RECEIPT_GOT if sent else RecordType.RECEIPT_MADE
            digest = base64url.digest(found.shown.receipt.encode())
            self._wanted[kind, (digest, *names)] = f"the receipt of {found.subject}"

    def want_file(self, shown: EvidenceFile, thread: str, peer: str) -> None:
        """Expect the records of a file that is shown, and of its receipt."""
        for key in file_records(shown, thread, peer):
            self._wanted[key] = f"{key[0]} of {file_subject(shown.digest)}"

    def take(self, item: object) -> None:
        """The next line of the log.

        Raises:
            EvidenceMalformed: if hidden leaves do not begin where a subtree of their size can.
        """
        match item:
            case BookEntry():
                self._entry(item)
            case BookHidden():
                self._push(item.level, item.hash)
            case BookOlder():
                self.older.append(item.head)
            case BookCheckpoint():
                self._note = item.note

    def head(self, chain: Sequence[NodeStatement]) -> Head | None:
        """The signed head, if it is signed and its root is the one that the leaves lead to."""
        try:
            checkpoint = read_head(self._note, chain)
        except WireError:
            return None
        fits = (checkpoint.size, checkpoint.root) == (self.size, self._root())
        return Head(checkpoint=checkpoint, note=self._note) if fits else None

    def lines(self, chain: Sequence[NodeStatement]) -> Iterator[Line]:
        """What was found."""
        name = chain[-1].log_name
        try:
            checkpoint = read_head(self._note, chain)
        except WireError as error:
            yield fails(Check.CHECKPOINT, name, error)
            return
        if (checkpoint.size, checkpoint.root) != (self.size, self._root()):
            detail = "the leaves in the file do not lead to the root that the node signed"
            yield fails(Check.CHECKPOINT, name, InclusionFailed(detail))
            return
        count, others = len(self.records), ", the others as hashes" * (len(self.records) < self.size)
        shown = f"{count:,} of its {self.size:,} entries stand in this file{others}"
        yield holds(Check.CHECKPOINT, name, f"the node signed this head of its log. {shown}.")
        yield from self._faults
        yield from self._coverage(name)
        yield from self._look_lines()

    def _entry(self, item: BookEntry) -> None:
        place, leaf = self.size, leaf_hash(entry_of(item.record, item.salt))
        self._push(0, leaf)
        try:
            record = read_record(item.record)
            self._count(record)
        except WireError as error:
            self._faults.append(fails(Check.LOG_ENTRY, f"log entry {place}", error))
            return
        self.records[place], self.leaves[place] = record, leaf

    def _count(self, record: Record) -> None:
        key = record.type, tuple(record.fields[name] for name in FIELDS[record.type])
        self._kinds[record.type] += 1
        if record.type is RecordType.ACCESS:
            self._looks[record.fields["about"]].add(_number(record))
        elif record.type in _ABOUT_MESSAGES and self._wanted.pop(key, None) is None and not self._shows(record):
            raise LogRecordMismatch

    def _shows(self, record: Record) -> bool:
        """Whether a record is about a message of the file, if only about another attempt at it."""
        return (record.fields.get("jti"), record.fields["thread"]) in self._messages

    def _push(self, level: int, value: bytes) -> None:
        if self.size % (1 << level):
            raise EvidenceMalformed("hidden entries do not begin where a subtree can", field="level")
        self.subtrees[level, self.size >> level] = value
        self.size += 1 << level
        self._stack.append((level, value))
        while len(self._stack) > 1 and self._stack[-1][0] == self._stack[-2][0]:
            (_, left), (same, right) = self._stack[-2:]
            self._stack[-2:] = [(same + 1, node_hash(left, right))]

    def _root(self) -> bytes:
        if not self._stack:
            return EMPTY_ROOT
        found = self._stack[-1][1]
        for _, left in reversed(self._stack[:-1]):
            found = node_hash(left, found)
        return found

    def _coverage(self, name: str) -> Iterator[Line]:
        for what in self._wanted.values():
            yield fails(Check.LOG_COVERAGE, name, LogEntryMissing(f"the file shows no log entry for {what}"))
        if not self._wanted:
            told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self._kinds.items()))
            text = f"every message, receipt and attached file shown is logged. Records: {told or 'none'}."
            yield holds(Check.LOG_COVERAGE, name, text)
        hidden = self.size - len(self.records)
        if hidden and self.scope.since is None and self.scope.thread is None:
            text = f"what the {hidden:,} speak of that stand here as hashes: of other relations, or of what was erased."
            yield could_not_check(Check.LOG_ENTRY, name, text)

    def _look_lines(self) -> Iterator[Line]:
        """Looks are numbered per person; a file about a period may begin with any number."""
        for about, numbers in sorted(self._looks.items(), key=lambda pair: str(pair[0])):
            first = 1 if self.scope.since is None else min(numbers)
            if numbers != set(range(first, first + len(numbers))):
                detail = "the looks at personal data are not numbered one by one"
                yield fails(Check.LOG_COVERAGE, f"looks at {str(about)[:8]}", LookMissing(detail))
        if self._looks:
            count, cases = sum(map(len, self._looks.values())), len(self._looks)
            text = f"looks at personal data are numbered one by one; {count:,} at {cases:,} referrals or cases."
            yield holds(Check.LOG_COVERAGE, "looks", text)


def _number(record: Record) -> int:
    number = record.fields["number"] or ""
    if not number.isdigit():
        raise LogRecordMismatch("a look has no number")
    return int(number)
