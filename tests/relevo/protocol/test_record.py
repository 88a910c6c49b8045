"""Log records: one form, exactly the members of their type, and an entry that says nothing without its salt."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest

from relevo.errors import WireError
from relevo.protocol.record import FIELDS, RecordMalformed, RecordType, entry_of, make_record, new_salt, read_record

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
PEER = {"peer": "ci:accueil", "state": "active", "statement": "d"}


def test_a_record_is_compact_json_in_a_fixed_order() -> None:
    record = make_record("peer", AT, statement="d", state="active", peer="ci:accueil")
    assert record == b'{"type":"peer","at":1795338000,"peer":"ci:accueil","state":"active","statement":"d"}'


@pytest.mark.parametrize("kind", RecordType, ids=str)
def test_a_record_reads_back(kind: RecordType) -> None:
    fields = {name: f"the {name}" for name in FIELDS[kind]}
    found = read_record(make_record(kind, AT, **fields))
    assert (found.type, found.at, found.fields) == (kind, AT, fields)


def test_a_sop_that_nobody_signed_yet_has_no_signature() -> None:
    record = make_record(RecordType.SOP, AT, sop="d", peer="ci:accueil", state="proposed", signature=None)
    assert read_record(record).fields["signature"] is None


UNMAKEABLE: dict[str, tuple[str, dict[str, str | None]]] = {
    "an unknown type": ("gossip", {}),
    "a missing member": ("key", {"kid": "k"}),
    "a member of another type": ("key", {"kid": "k", "change": "made", "thread": "t"}),
    "nothing where text must be": ("key", {"kid": "k", "change": None}),
    "an empty text": ("key", {"kid": "", "change": "made"}),
}


@pytest.mark.parametrize(("kind", "fields"), UNMAKEABLE.values(), ids=UNMAKEABLE)
def test_no_record_is_made_with(kind: str, fields: dict[str, str | None]) -> None:
    with pytest.raises(RecordMalformed):
        make_record(kind, AT, **fields)


UNREADABLE: dict[str, bytes] = {
    "white space": json.dumps({"type": "peer", "at": 1, **PEER}).encode(),
    "another order": b'{"at":1,"type":"key","kid":"k","change":"made"}',
    "a time that is text": b'{"type":"key","at":"1","kid":"k","change":"made"}',
    "a time that is a fraction": b'{"type":"key","at":1.5,"kid":"k","change":"made"}',
    "a time that is true": b'{"type":"key","at":true,"kid":"k","change":"made"}',
    "a time beyond all calendars": b'{"type":"key","at":9007199254740991,"kid":"k","change":"made"}',
    "no time": b'{"type":"key","kid":"k","change":"made"}',
    "no type": b'{"at":1,"kid":"k","change":"made"}',
    "a number for text": b'{"type":"key","at":1,"kid":7,"change":"made"}',
    "a member too many": b'{"type":"key","at":1,"kid":"k","change":"made","who":"x"}',
    "a member twice": b'{"type":"key","at":1,"kid":"k","kid":"k","change":"made"}',
    "a list": b"[]",
    "more than a record needs": b'{"type":"key","at":1,"kid":"' + b"k" * 3000 + b'","change":"made"}',
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_no_record_is_read_with(raw: bytes) -> None:
    with pytest.raises(WireError):
        read_record(raw)


def test_an_entry_is_the_salted_digest_of_the_digest() -> None:
    salt = bytes(range(16))
    inner = hashlib.sha256(b"record").digest()
    assert entry_of(b"record", salt) == hashlib.sha256(b"relevo-entry-v1\0" + salt + inner).digest()


def test_the_same_record_under_another_salt_is_another_entry() -> None:
    assert entry_of(b"record", new_salt()) != entry_of(b"record", new_salt())


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_salt_has_sixteen_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        entry_of(b"record", bytes(length))
