"""Whether what an evidence file shows stands in the log of the node that made it.

The checkpoint is signed with the log key of the node's last statement; every record leads to its root; and every
manifest and every receipt of the file has its record. What a log cannot show alone is that nobody was shown another
one: that is what the cosignatures of witnesses are for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from relevo.errors import WireError
from relevo.protocol import base64url
from relevo.protocol.checkpoint import Checkpoint
from relevo.protocol.cosignature import CosignatureMissing, read_cosignature
from relevo.protocol.evidence import Direction
from relevo.protocol.merkle import leaf_hash, verify_inclusion
from relevo.protocol.record import FIELDS, Record, RecordType, entry_of, read_record
from relevo.protocol.sop_signature import sop_digest
from relevo.protocol.verification_files import file_records, file_subject
from relevo.protocol.verification_nodes import read_head, statement_digests
from relevo.protocol.verification_report import Check, could_not_check, day_and_hour, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from relevo.protocol.evidence import Evidence
    from relevo.protocol.evidence_log import EvidenceEntry
    from relevo.protocol.statement import NodeStatement
    from relevo.protocol.verification_messages import Proven
    from relevo.protocol.verification_nodes import Identities
    from relevo.protocol.verification_report import Line

_NUMBER = FIELDS[RecordType.ACCESS].index("number")

Key: TypeAlias = tuple[RecordType, tuple[str | None, ...]]
"""A record without its time: type, and members in the order of `FIELDS`."""


class LogRecordMismatch(WireError):
    """A log record speaks of a message or a receipt that the file does not show."""

    code = "log-record-mismatch"
    advice = "Ask the node for a fresh export; what its log speaks of was left out of this file."


class LogEntryMissing(WireError):
    """The file proves no log entry for something that it shows."""

    code = "log-entry-missing"
    advice = "Ask the node for a fresh export; if the entry is missing there too, it never logged this."


class LookMissing(WireError):
    """Looks at personal data are numbered, and a number is missing."""

    code = "look-missing"
    advice = "Ask the node who looked then; a look that was logged cannot be taken out unseen."


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A record that the log must have."""

    key: Key
    subject: str
    what: str


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """What records of this file can speak of: messages by (jti, thread), circumstances by digest or key id."""

    wanted: tuple[_Wanted, ...]
    messages: frozenset[tuple[str | None, str | None]]
    circumstances: Mapping[RecordType, frozenset[str]]


def check_log(
    evidence: Evidence, proven: Sequence[Proven], identities: Identities, held: dict[int, Record] | None = None
) -> Iterator[Line]:
    """Lines about the checkpoint, each entry, and whether everything shown has one; records that hold go to `held`."""
    statement = identities.latest(evidence.node)
    try:
        checkpoint = read_head(evidence.checkpoint, identities.chains[evidence.node])
    except WireError as error:
        yield fails(Check.CHECKPOINT, statement.log_name, error)
        yield could_not_check(Check.LOG_ENTRY, statement.log_name, "any entry, because the checkpoint does not hold.")
        return
    signed = f"{evidence.node} signed the head of its log at {checkpoint.size} entries."
    yield holds(Check.CHECKPOINT, statement.log_name, signed)
    yield _witness_line(evidence, identities.chains[evidence.peer], statement.log_name)
    shown, logged = _shown(evidence, proven, identities), set[Key]()
    for entry in evidence.entries:
        line, record = _entry_line(entry, checkpoint, shown)
        if record is not None:
            logged.add(_key(record))
            if held is not None:
                held[entry.index] = record
        yield line
    yield from _coverage_lines(shown.wanted, logged)
    yield from _look_lines(logged)


def _witness_line(evidence: Evidence, chain: Sequence[NodeStatement], log_name: str) -> Line:
    """Whether the other node has seen this very head; without that, others may have been shown another log."""
    peer = evidence.peer
    for statement in reversed(chain):
        try:
            seen = read_cosignature(evidence.checkpoint, peer, statement.witness)
        except CosignatureMissing:
            continue
        except WireError as error:
            return fails(Check.WITNESS, log_name, error)
        text = f"{peer} saw this head on {day_and_hour(seen.at)}, and that it continues what it saw before."
        return holds(Check.WITNESS, log_name, text)
    return could_not_check(
        Check.WITNESS, log_name, f"whether others were shown the same log: {peer} has not cosigned this head."
    )


def _entry_line(entry: EvidenceEntry, checkpoint: Checkpoint, shown: _Shown) -> tuple[Line, Record | None]:
    subject = f"log entry {entry.index}"
    try:
        leaf = leaf_hash(entry_of(entry.record, entry.salt))
        verify_inclusion(leaf, entry.index, checkpoint.size, entry.proof, checkpoint.root)
        record = read_record(entry.record)
        what = _meaning(record, shown)
    except WireError as error:
        return fails(Check.LOG_ENTRY, subject, error), None
    told = f"{record.type} of {day_and_hour(record.at)}"
    if what is None:
        text = f"what it speaks of ({told}); that is not in this file. The entry itself is in the log."
        return could_not_check(Check.LOG_ENTRY, subject, text), record
    return holds(Check.LOG_ENTRY, subject, f"is in the log: {told}, {what}."), record


def _meaning(record: Record, shown: _Shown) -> str | None:
    """What `record` speaks of, or None if the file does not show it; raises `LogRecordMismatch`."""
    for wanted in shown.wanted:
        if wanted.key == _key(record):
            return f"{wanted.what} of {wanted.subject}"
    if record.type in _CIRCUMSTANCES:
        name, change, told = _CIRCUMSTANCES[record.type]
        named = str(record.fields[name]).rpartition(":")[2]
        return f"{told}: {record.fields[change]}" if named in shown.circumstances[record.type] else None
    if (record.fields.get("jti"), record.fields["thread"]) not in shown.messages:
        raise LogRecordMismatch
    return None


def _shown(evidence: Evidence, proven: Sequence[Proven], identities: Identities) -> _Shown:
    return _Shown(
        wanted=tuple(_wanted(evidence, proven)),
        messages=frozenset((found.message.jti, found.message.thread) for found in proven),
        circumstances={
            RecordType.SOP: frozenset(sop_digest(sop.text.encode()) for sop in evidence.sops),
            RecordType.PEER: statement_digests(evidence, evidence.peer),
            RecordType.KEY: identities.kids(evidence.node),
            RecordType.CONSENT: _commitments(proven),
            RecordType.EXCEPTION: _commitments(proven),
            RecordType.ERASURE: _commitments(proven),
            RecordType.ACCESS: frozenset({evidence.thread}),
        },
    )


def _commitments(proven: Sequence[Proven]) -> frozenset[str]:
    return frozenset(found.message.basis.partition(":")[2] for found in proven)


def _coverage_lines(wanted: Sequence[_Wanted], logged: set[Key]) -> Iterator[Line]:
    missing = [item for item in wanted if item.key not in logged]
    for item in missing:
        yield fails(Check.LOG_COVERAGE, item.subject, LogEntryMissing(f"the file proves no log entry for {item.what}"))
    if wanted and not missing:
        yield holds(Check.LOG_COVERAGE, "log", f"all {len(wanted)} messages and receipts shown here are logged.")


def _look_lines(logged: set[Key]) -> Iterator[Line]:
    """Whether the looks are numbered without a gap; who looked, at what and why, stays with the node."""
    numbers = {str(members[_NUMBER]) for kind, members in logged if kind is RecordType.ACCESS}
    if numbers and numbers != {str(number) for number in range(1, len(numbers) + 1)}:
        yield fails(Check.LOG_COVERAGE, "looks", LookMissing("the looks at personal data are not numbered one by one"))
    elif numbers:
        yield holds(Check.LOG_COVERAGE, "looks", f"all {len(numbers)} looks at the person's data follow each other.")


def _wanted(evidence: Evidence, proven: Sequence[Proven]) -> Iterator[_Wanted]:
    for found in proven:
        message, sent = found.message, found.direction is Direction.SENT
        names = (message.jti, message.thread, evidence.peer)
        kind = RecordType.MESSAGE_SENT if sent else RecordType.MESSAGE_RECEIVED
        yield _Wanted(key=(kind, (found.verified.digest, *names)), subject=found.subject, what="the manifest")
        if found.shown.receipt is not None:
            kind = RecordType.RECEIPT_GOT if sent else RecordType.RECEIPT_MADE
            digest = base64url.digest(found.shown.receipt.encode())
            yield _Wanted(key=(kind, (digest, *names)), subject=found.subject, what="the receipt")
    for shown in evidence.files:
        for key in file_records(shown, evidence.thread, evidence.peer):
            what = "that it was brought" if key[0] is RecordType.FILE_SENT else "the receipt"
            yield _Wanted(key=key, subject=file_subject(shown.digest), what=what)


def _key(record: Record) -> Key:
    return record.type, tuple(record.fields[name] for name in FIELDS[record.type])


_CIRCUMSTANCES: Mapping[RecordType, tuple[str, str, str]] = {
    RecordType.SOP: ("sop", "state", "the agreement on a SOP"),
    RecordType.PEER: ("statement", "state", "the registration of the other node"),
    RecordType.KEY: ("kid", "change", "a key of this node"),
    RecordType.CONSENT: ("commitment", "change", "the consent that messages rest on"),
    RecordType.EXCEPTION: ("commitment", "change", "the exception that messages rest on"),
    RecordType.ERASURE: ("commitment", "change", "the erasure of what messages carried"),
    RecordType.ACCESS: ("about", "number", "a numbered look at the person's data"),
}
"""By type: the member that says what it is about, the one that says what became of it, and how to tell it."""
