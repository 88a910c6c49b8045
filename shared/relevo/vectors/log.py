"""Subjects about a node's log and what is shown of it: tree, checkpoint, proof, records, evidence files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.protocol import merkle
from relevo.protocol.checkpoint import read_checkpoint
from relevo.protocol.evidence import read_evidence
from relevo.protocol.proof import verify_proof
from relevo.protocol.record import SALT_BYTES, entry_of, read_record
from relevo.protocol.signed_note import read_note
from relevo.protocol.verification import verify_evidence
from relevo.vectors.given import InputMalformed

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonValue
    from relevo.vectors.given import Input


def of_tree(given: Input) -> JsonValue:
    """`entries` → the root over them."""
    hashes: dict[tuple[int, int], bytes] = {}
    entries = given.raws("entries")
    for size, entry in enumerate(entries):
        for level, index, value in merkle.append(size, merkle.leaf_hash(entry), lambda *place: hashes[place]):
            hashes[level, index] = value
    return merkle.root(len(entries), lambda *place: hashes[place]).hex()


def of_inclusion(given: Input) -> JsonValue:
    """`leaf` (its hash), `index`, `size`, `proof`, `root` → true."""
    place = given.raw("leaf"), given.number("index"), given.number("size")
    merkle.verify_inclusion(*place, given.raws("proof"), given.raw("root"))
    return True


def of_consistency(given: Input) -> JsonValue:
    """`old`, `old_root`, `new`, `new_root`, `proof` → true."""
    before, after = (given.number("old"), given.raw("old_root")), (given.number("new"), given.raw("new_root"))
    merkle.verify_consistency(*before, *after, given.raws("proof"))
    return True


def of_note(given: Input) -> JsonValue:
    """`note`, `name`, `key` → the text that was signed."""
    return read_note(given.text("note"), given.text("name"), given.key())


def of_checkpoint(given: Input) -> JsonValue:
    """`note`, `origin`, `key` → size and root."""
    found = read_checkpoint(given.text("note"), given.text("origin"), given.key())
    return {"size": found.size, "root": found.root.hex()}


def of_proof(given: Input) -> JsonValue:
    """`text`, `entry`, `origin`, `key` → the size of the log under whose head the entry is proven."""
    return verify_proof(given.text("text"), given.raw("entry"), origin=given.text("origin"), key=given.key()).size


def of_record(given: Input) -> JsonValue:
    """`record` (text) → type, moment and fields."""
    found = read_record(given.text("record").encode())
    return {"type": found.type.value, "at": seconds(found.at), "fields": dict(found.fields)}


def of_entry(given: Input) -> JsonValue:
    """`record` (text), `salt` of 16 bytes → the entry."""
    if len(salt := given.raw("salt")) != SALT_BYTES:
        raise InputMalformed("the salt of an entry has 16 bytes", field="salt")
    return entry_of(given.text("record").encode(), salt).hex()


def of_evidence(given: Input) -> JsonValue:
    """`file` (text) → whether everything in it holds, and the codes of what does not."""
    report = verify_evidence(read_evidence(given.text("file").encode()))
    return {"ok": report.ok, "codes": [*sorted({line.code for line in report.failures if line.code})]}
