"""What a node writes into its log, and the entry that stands in the tree for it.

    record = {"type":"message-sent","at":1795338000,"manifest":…,"jti":…,"thread":…,"peer":…}      compact JSON
    entry  = SHA-256("relevo-entry-v1" 0x00 || salt (16 bytes) || SHA-256(record))

The members of a record follow `FIELDS`, in its order, after `type` and `at` (NumericDate). A record names digests,
identifiers and words of the protocol, never what somebody wrote; the salt keeps even these from being guessed from the
tree. Once the salt is destroyed the entry stays and says nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from relevo.clock import moment, seconds
from relevo.errors import WireError
from relevo.protocol import strict_json

SALT_BYTES = 16
MAX_RECORD = 2048
_LAST_MOMENT = seconds(datetime(9999, 12, 31, tzinfo=UTC))


class RecordMalformed(WireError):
    """A log record does not have the members of its type."""

    code = "record-malformed"


class RecordType(StrEnum):
    """What a record is about."""

    MESSAGE_SENT = "message-sent"
    MESSAGE_RECEIVED = "message-received"
    RECEIPT_MADE = "receipt-made"
    RECEIPT_GOT = "receipt-got"
    PEER = "peer"
    KEY = "key"
    SOP = "sop"
    CONSENT = "consent"
    EXCEPTION = "exception"
    ERASURE = "erasure"
    ACCESS = "access"
    FILE_SENT = "file-sent"
    FILE_RECEIPT_MADE = "file-receipt-made"
    FILE_RECEIPT_GOT = "file-receipt-got"


_MESSAGE = ("manifest", "jti", "thread", "peer")
_RECEIPT = ("receipt", "jti", "thread", "peer")
_FILE = ("file", "thread", "peer")

FIELDS: Mapping[RecordType, tuple[str, ...]] = {
    RecordType.MESSAGE_SENT: _MESSAGE,
    RecordType.MESSAGE_RECEIVED: _MESSAGE,
    RecordType.RECEIPT_MADE: _RECEIPT,
    RecordType.RECEIPT_GOT: _RECEIPT,
    RecordType.PEER: ("peer", "state", "statement"),
    RecordType.KEY: ("kid", "change"),
    RecordType.SOP: ("sop", "peer", "state", "signature"),
    RecordType.CONSENT: ("thread", "commitment", "change"),
    RecordType.EXCEPTION: ("thread", "commitment", "change"),
    RecordType.ERASURE: ("thread", "commitment", "change"),
    RecordType.ACCESS: ("about", "number", "commitment"),
    RecordType.FILE_SENT: _FILE,
    RecordType.FILE_RECEIPT_MADE: ("receipt", *_FILE),
    RecordType.FILE_RECEIPT_GOT: ("receipt", *_FILE),
}
"""The members of each type, in order; all are text."""

MAY_BE_NULL = frozenset(
    {(RecordType.SOP, "signature"), (RecordType.CONSENT, "thread"), (RecordType.EXCEPTION, "thread")}
)
"""A SOP that nobody signed yet; a consent or an exception that belongs to no referral yet."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record as read: `fields` has exactly the members that `FIELDS` lists for `type`."""

    type: RecordType
    at: datetime
    fields: Mapping[str, str | None]


def make_record(record_type: RecordType | str, at: datetime, /, **fields: str | None) -> bytes:
    """The bytes of a record of what happened at `at`.

    Raises:
        RecordMalformed: unless `fields` are exactly those of the type.
    """
    kind = _type(record_type)
    checked = _checked(kind, fields)
    return strict_json.dump_whole({"type": kind.value, "at": seconds(at), **checked})


def read_record(raw: bytes) -> Record:
    """The record in `raw`.

    Raises:
        RecordMalformed: for anything that `make_record` would have written differently.
        MalformedJson: if it is not strict JSON at all.
    """
    found = strict_json.load(raw, limit=MAX_RECORD)
    at, kind = _moment(found.pop("at", None)), _type(found.pop("type", None))
    record = Record(type=kind, at=at, fields=_checked(kind, found))
    if make_record(kind, record.at, **record.fields) != raw:
        raise RecordMalformed("a log record is not in its canonical form")
    return record


def new_salt() -> bytes:
    """A fresh salt for one entry, 16 bytes."""
    return secrets.token_bytes(SALT_BYTES)


def entry_of(record: bytes, salt: bytes) -> bytes:
    """The entry, 32 bytes, that stands in the tree for `record`.

    Raises:
        ValueError: unless the salt has 16 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("the salt of an entry has 16 bytes")
    return hashlib.sha256(b"relevo-entry-v1\0" + salt + hashlib.sha256(record).digest()).digest()


def _moment(at: object) -> datetime:
    if type(at) is not int or not 0 <= at <= _LAST_MOMENT:
        raise RecordMalformed("a log record has no time")
    return moment(at)


def _type(word: object) -> RecordType:
    try:
        return RecordType(str(word))
    except ValueError as error:
        raise RecordMalformed("a log record is of an unknown type") from error


def _checked(kind: RecordType, fields: Mapping[str, object]) -> dict[str, str | None]:
    if set(fields) != set(FIELDS[kind]):
        raise RecordMalformed(f"a log record of type {kind} has exactly {', '.join(FIELDS[kind])}")
    return {name: _text(kind, name, fields[name]) for name in FIELDS[kind]}


def _text(kind: RecordType, name: str, value: object) -> str | None:
    if isinstance(value, str) and value:
        return value
    if value is None and (kind, name) in MAY_BE_NULL:
        return None
    raise RecordMalformed(f"{name} of a log record of type {kind} is not text", field=name)
