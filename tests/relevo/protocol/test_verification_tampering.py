"""Every way to change an evidence file, the line that names what was changed, and its code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from relevo.errors import WireError
from relevo.protocol import base64std, base64url
from relevo.protocol.checkpoint import sign_checkpoint
from relevo.protocol.evidence import read_evidence, write_evidence
from relevo.protocol.keys import SigningKey
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.verification import Report, verify_evidence
from support.evidence_sample import LOG_NAME, SOP_TEXT, sample
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN, ORIGIN_ID, STRANGER, STRANGER_ID, resign
from support.wire_pair import statement_token as first_statement_of

EVIDENCE = sample().evidence()
FILE = write_evidence(EVIDENCE)
MADE_AT = FILE.index(b'"made_at":') + len(b'"made_at":')

Json: TypeAlias = Any
"""A piece of parsed JSON, taken apart freely."""


def changed(change: Callable[[Json], None]) -> Report:
    """The report about the file after `change` was done to its JSON."""
    value = json.loads(FILE)
    change(value)
    return verify_evidence(read_evidence(json.dumps(value).encode()))


def swap(items: list[Json], one: int, other: int) -> None:
    items[one], items[other] = items[other], items[one]


def flip(container: Json, name: str | int, position: int = -20) -> None:
    """Change one character of a base64 text."""
    text = container[name]
    other = "A" if text[position] != "A" else "B"
    container[name] = text[:position] + other + text[position:][1:]


def set_to(container: Json, name: str | int, value: object) -> None:
    container[name] = value


def resigned(container: Json, member: str, key: SigningKey, /, **changes: JsonValue) -> None:
    """Change claims of a token and let `key` sign it anew."""
    container[member] = resign(container[member], key, **changes)


def entry_of_kind(value: Json, kind: str) -> Json:
    return next(entry for entry in value["log"]["entries"] if kind.encode() in base64url.decode(entry["record"]))


def rewrite(entry: Json, old: bytes, new: bytes) -> None:
    entry["record"] = base64url.encode(base64url.decode(entry["record"]).replace(old, new))


FIRST, SECOND, THIRD = (f"019cadb0-3f40-7c1e-8a4b-{number:012d}" for number in range(3))
SOP_SUBJECT = "SOP " + base64url.digest(SOP_TEXT.encode())[:12]

TAMPERED: dict[str, tuple[Callable[[Json], None], str, str]] = {
    "a statement's signature": (lambda v: flip(v["statements"][HOST_ID], 0), HOST_ID, "bad-signature"),
    "a statement left out": (lambda v: v["statements"][ORIGIN_ID].pop(2), ORIGIN_ID, "statement-chain-broken"),
    "statements in another order": (lambda v: swap(v["statements"][HOST_ID], 1, 2), HOST_ID, "statement-chain-broken"),
    "a statement of another node": (
        lambda v: set_to(v["statements"], ORIGIN_ID, [first_statement_of(STRANGER_ID, STRANGER)]),
        ORIGIN_ID,
        "wrong-node",
    ),
    "two nodes with the same keys": (
        lambda v: set_to(v["statements"], ORIGIN_ID, [first_statement_of(ORIGIN_ID, HOST)]),
        "statements",
        "key-claimed-twice",
    ),
    "a word of the SOP": (
        lambda v: set_to(v["sops"][0], "text", v["sops"][0]["text"].replace("1", "2")),
        "SOP ",
        "sop-changed",
    ),
    "the SOP that messages follow": (
        lambda v: set_to(v["sops"][0], "text", v["sops"][0]["text"] + "\n"),
        f"requested {FIRST}",
        "sop-not-in-file",
    ),
    "the SOP left out": (lambda v: v["sops"].clear(), f"closed {THIRD}", "sop-not-in-file"),
    "a signature under the SOP": (lambda v: flip(v["sops"][0]["signatures"], HOST_ID), SOP_SUBJECT, "bad-signature"),
    "a signature under the SOP left out": (
        lambda v: v["sops"][0]["signatures"].pop(ORIGIN_ID),
        SOP_SUBJECT,
        "sop-not-signed",
    ),
    "the other side's signature under the SOP": (
        lambda v: set_to(v["sops"][0]["signatures"], ORIGIN_ID, v["sops"][0]["signatures"][HOST_ID]),
        SOP_SUBJECT,
        "wrong-issuer",
    ),
    "a signature under the SOP towards somebody else": (
        lambda v: resigned(v["sops"][0]["signatures"], ORIGIN_ID, ORIGIN.signing, aud=STRANGER_ID),
        SOP_SUBJECT,
        "wrong-audience",
    ),
    "a signature under the SOP from before the key was in use": (
        lambda v: resigned(v["sops"][0]["signatures"], ORIGIN_ID, ORIGIN.signing, iat=1),
        SOP_SUBJECT,
        "key-out-of-period",
    ),
    "a manifest's signature": (lambda v: flip(v["messages"][0], "manifest"), "message 1", "bad-signature"),
    "a manifest's payload": (lambda v: flip(v["messages"][1], "manifest", 300), "message 2", "bad-signature"),
    "a manifest signed by a stranger": (
        lambda v: resigned(v["messages"][0], "manifest", STRANGER.signing),
        "message 1",
        "key-unknown",
    ),
    "a manifest signed by the receiver": (
        lambda v: resigned(v["messages"][0], "manifest", ORIGIN.signing),
        "message 1",
        "wrong-issuer",
    ),
    "a manifest of another referral": (
        lambda v: resigned(v["messages"][0], "manifest", HOST.signing, thread="5f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a35"),
        "message 1",
        "not-of-this-referral",
    ),
    "a manifest for somebody else": (
        lambda v: resigned(v["messages"][0], "manifest", HOST.signing, aud=STRANGER_ID),
        "message 1",
        "not-of-this-referral",
    ),
    "a manifest signed anew": (
        lambda v: resigned(v["messages"][0], "manifest", HOST.signing, seq=2),
        f"requested {FIRST}",
        "log-entry-missing",
    ),
    "a manifest from before the key was in use": (
        lambda v: resigned(v["messages"][0], "manifest", HOST.signing, iat=1),
        "message 1",
        "key-out-of-period",
    ),
    "the direction of a message": (
        lambda v: set_to(v["messages"][0], "direction", "received"),
        "message 1",
        "not-of-this-referral",
    ),
    "the thread of the file": (
        lambda v: set_to(v, "thread", "5f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a35"),
        "message 1",
        "not-of-this-referral",
    ),
    "a file dated before its messages": (
        lambda v: set_to(v, "made_at", int(AT.timestamp()) - 301),
        "message 1",
        "from-the-future",
    ),
    "a content's signature": (lambda v: flip(v["messages"][0], "content"), f"requested {FIRST}", "bad-signature"),
    "the content of another message": (
        lambda v: set_to(v["messages"][1], "content", v["messages"][2]["content"]),
        f"acknowledged {SECOND}",
        "content-mismatch",
    ),
    "a content signed anew": (
        lambda v: resigned(v["messages"][0], "content", HOST.signing, iat=int(AT.timestamp()) + 1),
        f"requested {FIRST}",
        "content-mismatch",
    ),
    "a content that shows something in the open": (
        lambda v: resigned(v["messages"][0], "content", HOST.signing, name="Awa (invented)"),
        f"requested {FIRST}",
        "malformed-claims",
    ),
    "a content with a disclosure": (
        lambda v: set_to(v["messages"][0], "content", v["messages"][0]["content"] + "~WyJhIl0~"),
        f"requested {FIRST}",
        "not-base64url",
    ),
    "a receipt's signature": (lambda v: flip(v["messages"][0], "receipt"), f"requested {FIRST}", "bad-signature"),
    "the receipt of another message": (
        lambda v: set_to(v["messages"][1], "receipt", v["messages"][2]["receipt"]),
        f"acknowledged {SECOND}",
        "receipt-mismatch",
    ),
    "a receipt for another manifest": (
        lambda v: resigned(v["messages"][0], "receipt", ORIGIN.signing, of="A" * 43),
        f"requested {FIRST}",
        "receipt-mismatch",
    ),
    "a receipt that the sender wrote itself": (
        lambda v: resigned(v["messages"][0], "receipt", HOST.signing, iss=HOST_ID, aud=ORIGIN_ID),
        f"requested {FIRST}",
        "receipt-mismatch",
    ),
    "a receipt from before the message": (
        lambda v: resigned(v["messages"][1], "receipt", HOST.signing, received_at=int(AT.timestamp())),
        f"acknowledged {SECOND}",
        "receipt-too-early",
    ),
    "a receipt that turned into a refusal": (
        lambda v: resigned(v["messages"][0], "receipt", ORIGIN.signing, disposition="refused", code="excess-data"),
        f"requested {FIRST}",
        "log-entry-missing",
    ),
    "the order of messages": (lambda v: swap(v["messages"], 1, 2), "messages received", "order-broken"),
    "a message that stands twice": (
        lambda v: v["messages"].append(v["messages"][0]),
        "messages sent",
        "order-broken",
    ),
    "the size in the checkpoint": (
        lambda v: set_to(v["log"], "checkpoint", v["log"]["checkpoint"].replace("\n22\n", "\n23\n")),
        LOG_NAME,
        "checkpoint-bad-signature",
    ),
    "a checkpoint by another key": (
        lambda v: set_to(v["log"], "checkpoint", sign_checkpoint(LOG_NAME, 22, bytes(32), STRANGER.log)),
        LOG_NAME,
        "checkpoint-bad-signature",
    ),
    "a checkpoint that is none": (
        lambda v: set_to(v["log"], "checkpoint", "nothing"),
        LOG_NAME,
        "checkpoint-malformed",
    ),
    "a checkpoint over another tree": (
        lambda v: set_to(v["log"], "checkpoint", sign_checkpoint(LOG_NAME, 22, bytes(32), HOST.log)),
        "log entry 1",
        "log-proof-failed",
    ),
    "a log record": (
        lambda v: rewrite(entry_of_kind(v, "consent"), b"recorded", b"withdrew"),
        "log entry 7",
        "log-proof-failed",
    ),
    "the time in a log record": (
        lambda v: rewrite(entry_of_kind(v, "message-sent"), b'"at":1', b'"at":2'),
        "log entry 9",
        "log-proof-failed",
    ),
    "a salt": (lambda v: flip(v["log"]["entries"][0], "salt", 3), "log entry 1", "log-proof-failed"),
    "a place in the log": (lambda v: set_to(v["log"]["entries"][0], "index", 2), "log entry 2", "log-proof-failed"),
    "a place beyond the log": (
        lambda v: set_to(v["log"]["entries"][0], "index", 99),
        "log entry 99",
        "log-proof-failed",
    ),
    "a hash of a log proof": (
        lambda v: set_to(v["log"]["entries"][0]["proof"], 0, base64std.encode(bytes(32))),
        "log entry 1",
        "log-proof-failed",
    ),
    "a log proof cut short": (lambda v: v["log"]["entries"][0]["proof"].pop(), "log entry 1", "log-proof-failed"),
    "the log entry of a manifest left out": (
        lambda v: v["log"]["entries"].remove(entry_of_kind(v, "message-sent")),
        f"requested {FIRST}",
        "log-entry-missing",
    ),
    "the log entry of a receipt left out": (
        lambda v: v["log"]["entries"].remove(entry_of_kind(v, "receipt-made")),
        f"acknowledged {SECOND}",
        "log-entry-missing",
    ),
    "a message left out that the log has": (
        lambda v: v["messages"].pop(2),
        "log entry 17",
        "log-record-mismatch",
    ),
}


@pytest.mark.parametrize(("change", "subject", "code"), TAMPERED.values(), ids=TAMPERED)
def test_a_line_names_what_was_changed(change: Callable[[Json], None], subject: str, code: str) -> None:
    report = changed(change)
    assert not report.ok
    found = {(line.subject, line.code) for line in report.failures}
    assert [line for line in found if line[0].startswith(subject) and line[1] == code], found
    assert "FAILED" in report.summary


@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_no_changed_bit_goes_unseen(position: int, bit: int) -> None:
    assume(not MADE_AT <= position < MADE_AT + 10)  # nothing signs when the file was made, and the report says so
    raw = bytearray(FILE)
    raw[position] ^= 1 << bit
    assert not holds(bytes(raw))


def holds(raw: bytes) -> bool:
    try:
        return verify_evidence(read_evidence(raw)).ok
    except WireError:
        return False


def test_a_file_that_nobody_changed_holds() -> None:
    assert holds(FILE)


def test_nothing_more_is_said_when_the_statements_do_not_hold() -> None:
    report = changed(lambda v: flip(v["statements"][HOST_ID], 0))
    assert {line.check for line in report.lines} == {"file", "statement", "fingerprint"}
    assert report.lines[-1].text == "could not check: anything else, because the statements do not hold."


def test_a_refusal_is_told_with_its_code() -> None:
    report = changed(
        lambda v: resigned(v["messages"][0], "receipt", ORIGIN.signing, disposition="refused", code="excess-data")
    )
    assert "ci:accueil refused it (excess-data) on 2 March 2026, 10:30 UTC." in [line.text for line in report.lines]
