"""The evidence file: one spelling, no personal data, and nothing but its own form is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import pytest

from relevo.protocol.evidence import read_evidence, write_evidence
from relevo.protocol.evidence_log import EvidenceMalformed
from support.evidence_sample import sample
from support.wire_pair import HIDDEN, HOST_ID, STRANGER_ID, payload_of

EVIDENCE = sample().evidence()
FILE = write_evidence(EVIDENCE)

Json: TypeAlias = Any
"""A piece of parsed JSON, taken apart freely."""


def test_a_file_reads_back() -> None:
    assert read_evidence(FILE) == EVIDENCE


def test_the_same_evidence_gives_the_same_bytes() -> None:
    assert write_evidence(read_evidence(FILE)) == FILE
    shuffled = replace(
        EVIDENCE, entries=EVIDENCE.entries[::-1], statements=dict(reversed([*EVIDENCE.statements.items()]))
    )
    assert write_evidence(shuffled) == FILE


def test_there_is_nothing_of_the_person_in_a_file() -> None:
    values = [value for fields in HIDDEN.values() if isinstance(fields, dict) for value in fields.values()]
    assert not [value for value in values if isinstance(value, str) and len(value) > 5 and value.encode() in FILE]
    tokens = [payload_of(message.content) for message in EVIDENCE.messages]
    assert not any(set(payload) & set(HIDDEN) for payload in tokens)


def set_to(container: Json, name: str | int, value: object) -> None:
    container[name] = value


MALFORMED: dict[str, Callable[[Json], None]] = {
    "another format": lambda v: set_to(v, "format", "relevo-evidence-v2"),
    "a member too many": lambda v: set_to(v, "note", "read me"),
    "a member too few": lambda v: v.pop("made_at"),
    "a name that is no node": lambda v: set_to(v, "node", "Retorno"),
    "a thread that is no UUID": lambda v: set_to(v, "thread", "1"),
    "a moment that is text": lambda v: set_to(v, "made_at", "now"),
    "statements of a third node": lambda v: set_to(v["statements"], STRANGER_ID, ["x"]),
    "no statements of one node": lambda v: set_to(v["statements"], HOST_ID, []),
    "a statement that is no text": lambda v: set_to(v["statements"], HOST_ID, [1]),
    "one node as both": lambda v: v.update(peer=HOST_ID, statements={HOST_ID: ["x"]}),
    "a SOP signed by a third node": lambda v: set_to(v["sops"][0]["signatures"], STRANGER_ID, "x"),
    "SOP signatures as a list": lambda v: set_to(v["sops"][0], "signatures", []),
    "a SOP without text": lambda v: set_to(v["sops"][0], "text", ""),
    "a message to nowhere": lambda v: set_to(v["messages"][0], "direction", "lost"),
    "a message with a disclosure beside it": lambda v: set_to(v["messages"][0], "disclosures", []),
    "a receipt that is false": lambda v: set_to(v["messages"][0], "receipt", False),
    "messages as an object": lambda v: set_to(v, "messages", {}),
    "a log without entries": lambda v: v["log"].pop("entries"),
    "a place below nothing": lambda v: set_to(v["log"]["entries"][0], "index", -1),
    "a place that is a fraction": lambda v: set_to(v["log"]["entries"][0], "index", 1.0),
    "a short salt": lambda v: set_to(v["log"]["entries"][0], "salt", "AAAA"),
    "a record that is not base64url": lambda v: set_to(v["log"]["entries"][0], "record", "*"),
    "a short hash": lambda v: set_to(v["log"]["entries"][0]["proof"], 0, "AAAA"),
    "a hash that is a number": lambda v: set_to(v["log"]["entries"][0]["proof"], 0, 1),
    "a hundred hashes": lambda v: set_to(v["log"]["entries"][0], "proof", v["log"]["entries"][0]["proof"] * 100),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_no_file_has(change: Callable[[Json], None]) -> None:
    value = json.loads(FILE)
    change(value)
    raw = json.dumps(value).encode()
    with pytest.raises(EvidenceMalformed):
        read_evidence(raw)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", FILE + FILE, FILE[:-2]])
def test_bytes_that_are_no_file(raw: bytes) -> None:
    with pytest.raises(EvidenceMalformed):
        read_evidence(raw)
