"""Examines an evidence file without a node, a network, a clock or personal data.

In this order: the statements and fingerprints of both nodes; their signatures under each SOP; each manifest with its
SOP, content and receipt; the order of each stream; the receipts for attached files; the checkpoint, every log entry,
and that everything shown is logged. A line fails for each thing that does not hold, under the code that the same fault
has on the wire. What a file cannot prove by itself is said in lines of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol.known_tree import siblings
from relevo.protocol.merkle import leaf_hash
from relevo.protocol.record import entry_of
from relevo.protocol.sop_signature import sop_digest
from relevo.protocol.statement import statement_digest
from relevo.protocol.verification_account import Account, Head, Told, ToldFile, once_each, seen_by, tell
from relevo.protocol.verification_files import check_files
from relevo.protocol.verification_keys import check_keys, compromised_keys
from relevo.protocol.verification_log import check_log
from relevo.protocol.verification_messages import check_manifests, check_messages, check_order
from relevo.protocol.verification_nodes import check_sops, check_statements, read_head, read_identities
from relevo.protocol.verification_older import check_older
from relevo.protocol.verification_report import (
    Check,
    Line,
    Outcome,
    Report,
    could_not_check,
    day_and_hour,
    fails,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from relevo.protocol.evidence import Evidence
    from relevo.protocol.evidence_log import EvidenceEntry
    from relevo.protocol.record import Record
    from relevo.protocol.verification_nodes import Identities

__all__ = ["Check", "Examined", "Line", "Outcome", "Report", "examine_evidence", "verify_evidence"]


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A report on a file, or on a part of one, and what it proved; no account where the statements do not hold."""

    report: Report
    account: Account | None
    title: str = ""


@dataclass
class _Known:
    identities: Identities | None = None
    told: list[Told] = field(default_factory=list)
    files: list[ToldFile] = field(default_factory=list)
    records: dict[int, Record] = field(default_factory=dict)


def verify_evidence(evidence: Evidence, expect: Mapping[str, str] | None = None) -> Report:
    """What holds, what fails and what could not be checked.

    Args:
        evidence: as `read_evidence` gave it.
        expect: the fingerprints that the reader got in another way than with the file, as words or digits, by node id.
    """
    return examine_evidence(evidence, expect).report


def examine_evidence(evidence: Evidence, expect: Mapping[str, str] | None = None) -> Examined:
    """The same, with what was proven, for whoever compares it with another file."""
    known = _Known()
    lines = tuple(_lines(evidence, expect or {}, known))
    if known.identities is None:
        return Examined(report=Report(lines=lines), account=None)
    account, older = _account(evidence, known), list[Line]()
    if account.head is not None:
        older, heads = check_older(evidence.older, account.head, evidence.node, [evidence.peer], known.identities)
        account = replace(account, older=heads)
    apart = check_keys(account, compromised_keys(known.identities.chains.values()))
    title = f"as {evidence.node} shows it"
    return Examined(report=Report(lines=(*lines, *older, *apart)), account=account, title=title)


def _lines(evidence: Evidence, expect: Mapping[str, str], known: _Known) -> Iterator[Line]:
    made = f"who made this file on {day_and_hour(evidence.made_at)}; nothing signs that."
    yield could_not_check(Check.FILE, "file", made)
    statements = [*check_statements(evidence, expect)]
    yield from statements
    try:
        identities = read_identities(evidence)
    except WireError as error:
        if all(line.ok for line in statements):
            yield fails(Check.STATEMENT, "statements", error)
        yield could_not_check(Check.FILE, "file", "anything else, because the statements do not hold.")
        return
    known.identities = identities
    yield from check_sops(evidence, identities)
    lines, proven = check_manifests(evidence, identities)
    yield from lines
    yield from check_messages(evidence, proven, identities)
    yield from check_order(proven)
    yield from check_files(evidence, identities, known.files)
    yield from check_log(evidence, proven, identities, known.records)
    known.told = [told for found in proven if (told := tell(evidence, found, proven, identities)) is not None]


def _account(evidence: Evidence, known: _Known) -> Account:
    assert known.identities is not None
    entries = {entry.index: entry for entry in evidence.entries if entry.index in known.records}
    leaves = {place: leaf_hash(entry_of(entry.record, entry.salt)) for place, entry in entries.items()}
    head = _head(evidence, known.identities)
    return Account(
        node=evidence.node,
        peer=evidence.peer,
        made_at=evidence.made_at,
        whole=False,
        statements={node: tuple(map(statement_digest, tokens)) for node, tokens in evidence.statements.items()},
        sops={sop_digest(sop.text.encode()): sop.text for sop in evidence.sops},
        told=once_each(known.told),
        records=known.records,
        leaves=leaves,
        subtrees=_subtrees(leaves, entries.values(), head),
        head=head,
        files=known.files,
    )


def _subtrees(
    leaves: Mapping[int, bytes], entries: Iterable[EvidenceEntry], head: Head | None
) -> dict[tuple[int, int], bytes]:
    """What the proofs of entries that hold show of the tree."""
    size = head.checkpoint.size if head else 0
    above = chain.from_iterable(siblings(entry.index, size, entry.proof) for entry in entries)
    return {**dict(above), **{(0, place): leaf for place, leaf in leaves.items()}}


def _head(evidence: Evidence, identities: Identities) -> Head | None:
    note = evidence.checkpoint
    try:
        checkpoint = read_head(note, identities.chains[evidence.node])
    except WireError:
        return None
    return Head(checkpoint=checkpoint, note=note, seen=seen_by(note, [evidence.peer], identities))
