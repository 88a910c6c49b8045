"""The log in an evidence file: the newest signed head, a proof for each record, and older heads if there are any.

    {"checkpoint": signed note,
     "entries": [{"record": base64url, "salt": base64url, "index": int, "proof": [base64, …]}],
     "older": [{"checkpoint": signed note, "proof": [base64, …]}]}

`older` is left out where no key was stolen: heads that a witness saw before, and the proofs that `checkpoint` continues
them. Here are also the words that every part of an evidence file is read with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64std, base64url
from relevo.protocol.claims import Claims
from relevo.protocol.proof import MAX_SIBLINGS, read_sibling
from relevo.protocol.record import SALT_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relevo.protocol.strict_json import JsonObject, JsonValue

MAX_ITEMS = 10_000


class EvidenceMalformed(WireError):
    """A file is not an evidence file of the form relevo-evidence-v1."""

    code = "evidence-malformed"
    advice = "Ask whoever gave you the file for a fresh export; this one was cut, changed, or is something else."


@dataclass(frozen=True, kw_only=True)
class EvidenceEntry:
    """A log record with its salt, its place in the log, and the siblings that lead to the root."""

    record: bytes
    salt: bytes
    index: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class EvidenceHead:
    """An older head of the log as it was cosigned, and the proof that the newest one continues it."""

    checkpoint: str
    proof: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class EvidenceLog:
    """What a file shows of the log."""

    checkpoint: str
    entries: tuple[EvidenceEntry, ...]
    older: tuple[EvidenceHead, ...]


def log_object(log: EvidenceLog) -> JsonObject:
    """The written form, entries in the order of the log."""
    return {
        "checkpoint": log.checkpoint,
        "entries": [_entry_object(entry) for entry in sorted(log.entries, key=lambda entry: entry.index)],
        **_older_object(log.older),
    }


def _entry_object(entry: EvidenceEntry) -> JsonObject:
    return {
        "record": base64url.encode(entry.record),
        "salt": base64url.encode(entry.salt),
        "index": entry.index,
        "proof": [base64std.encode(sibling) for sibling in entry.proof],
    }


def _older_object(older: Sequence[EvidenceHead]) -> JsonObject:
    shown = [{"checkpoint": one.checkpoint, "proof": [base64std.encode(hash_) for hash_ in one.proof]} for one in older]
    return {"older": [*shown]} if shown else {}


def read_log(value: JsonValue) -> EvidenceLog:
    """The log's part; raises `EvidenceMalformed`, `MalformedClaims`."""
    names = ("checkpoint", "entries")
    log = Claims.of(value, (*names, "older") if isinstance(value, dict) and "older" in value else names, "the log")
    if log.members.get("older") == []:
        raise EvidenceMalformed("a log without older heads has no member of that name", field="older")
    return EvidenceLog(
        checkpoint=read_text(log.members["checkpoint"], "checkpoint"),
        entries=tuple(_entry(item) for item in log.items("entries", most=MAX_ITEMS)),
        older=tuple(_older(item) for item in log.items("older", most=MAX_ITEMS)) if "older" in log.members else (),
    )


def _older(value: JsonValue) -> EvidenceHead:
    claims = Claims.of(value, ("checkpoint", "proof"), "an older head")
    return EvidenceHead(checkpoint=read_text(claims.members["checkpoint"], "checkpoint"), proof=read_hashes(claims))


def read_hashes(claims: Claims) -> tuple[bytes, ...]:
    """The member `proof`, as hashes; raises `EvidenceMalformed`."""
    hashes = claims.items("proof", most=MAX_SIBLINGS + 1)
    return tuple(read_sibling(read_text(one, "proof")) for one in hashes)


def _entry(value: JsonValue) -> EvidenceEntry:
    claims = Claims.of(value, ("record", "salt", "index", "proof"), "a log entry")
    siblings = claims.items("proof", most=MAX_SIBLINGS)
    entry = EvidenceEntry(
        record=claims.raw("record"),
        salt=claims.raw("salt"),
        index=claims.whole("index"),
        proof=tuple(read_sibling(read_text(sibling, "proof")) for sibling in siblings),
    )
    if len(entry.salt) != SALT_BYTES:
        raise EvidenceMalformed("the salt of a log entry does not have 16 bytes", field="salt")
    return entry


def read_text(value: JsonValue, name: str) -> str:
    """A text that is not empty; raises `EvidenceMalformed`."""
    if not isinstance(value, str) or not value:
        raise EvidenceMalformed(f"{name} is not text", field=name)
    return value
