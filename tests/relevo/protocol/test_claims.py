"""Members of a payload: each of one form, and none that is not known."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.protocol import base64url
from relevo.protocol.claims import Claims, FromTheFuture, MalformedClaims, is_digest, require_not_future
from relevo.protocol.strict_json import JsonValue
from support.wire_pair import AT, JTI, SOP, THREAD


def member(value: JsonValue) -> Claims:
    return Claims.of({"it": value}, {"it"}, "a sample")


READ: dict[str, tuple[Callable[[], object], object]] = {
    "a text in any script": (lambda: member("Aïcha عائشة").text("it"), "Aïcha عائشة"),
    "a node id": (lambda: member("es:retorno-2").node_id("it"), "es:retorno-2"),
    "a word": (lambda: member("illegal-step-2").word("it"), "illegal-step-2"),
    "a digest": (lambda: member(SOP).digest("it"), SOP),
    "a UUID of version 7": (lambda: member(JTI).uuid("it", version=7), JTI),
    "any UUID": (lambda: member(THREAD).uuid("it"), THREAD),
    "an integer": (lambda: member(0).whole("it"), 0),
    "a moment": (lambda: member(1_772_443_800).moment("it"), AT),
    "the last moment": (lambda: member(253_402_214_400).moment("it"), datetime(9999, 12, 31, tzinfo=UTC)),
    "true": (lambda: member(value=True).flag("it"), True),
    "texts": (lambda: member(["a", "b"]).texts("it", most=2), ("a", "b")),
    "bytes": (lambda: member("AAE").raw("it"), b"\0\1"),
}

MALFORMED: dict[str, Callable[[], object]] = {
    "an empty text": lambda: member("").text("it"),
    "a text that is too long": lambda: member("aaa").text("it", limit=2),
    "a text with a newline": lambda: member("a\n").text("it"),
    "a text that turns the direction": lambda: member("a\N{RIGHT-TO-LEFT OVERRIDE}b").text("it"),
    "a text that is a number": lambda: member(1).text("it"),
    "a node id in capitals": lambda: member("ES:retorno").node_id("it"),
    "a node id without a country": lambda: member("retorno").node_id("it"),
    "a node id without a name": lambda: member("es:").node_id("it"),
    "a node id that is too long": lambda: member("es:" + "a" * 33).node_id("it"),
    "a node id in another alphabet": lambda: member("es:ret\N{CYRILLIC SMALL LETTER O}rno").node_id("it"),
    "a node id with a newline": lambda: member("es:retorno\n").node_id("it"),
    "a word with a capital": lambda: member("Stored").word("it"),
    "a word that ends with a hyphen": lambda: member("stored-").word("it"),
    "a short digest": lambda: member(SOP[:-1]).digest("it"),
    "a digest in another spelling": lambda: member(SOP[:-1] + "V").digest("it"),
    "a digest that is a number": lambda: member(1).digest("it"),
    "a UUID in capitals": lambda: member(JTI.upper()).uuid("it"),
    "a UUID without hyphens": lambda: member(JTI.replace("-", "")).uuid("it"),
    "a UUID of another version": lambda: member(THREAD).uuid("it", version=7),
    "no UUID": lambda: member("x").uuid("it"),
    "true for an integer": lambda: member(value=True).whole("it"),
    "a fraction for an integer": lambda: member(1.0).whole("it"),
    "an integer below the least": lambda: member(0).whole("it", least=1),
    "a moment before 1970": lambda: member(-1).moment("it"),
    "a moment in ten thousand years": lambda: member(253_402_300_800).moment("it"),
    "a moment that is a text": lambda: member("2026-03-02").moment("it"),
    "an integer for true": lambda: member(1).flag("it"),
    "a list that is too long": lambda: member(["a", "b"]).items("it", most=1),
    "a text for a list": lambda: member("ab").items("it", most=9),
    "a list of more than texts": lambda: member(["a", 1]).texts("it", most=9),
    "bytes that are a number": lambda: member(1).raw("it"),
    "a member missing": lambda: Claims.of({}, {"it"}, "a sample"),
    "a member too many": lambda: Claims.of({"it": 1, "more": 1}, {"it"}, "a sample"),
    "no object": lambda: Claims.of([], {"it"}, "a sample"),
}


@pytest.mark.parametrize(("read", "value"), READ.values(), ids=READ)
def test_read_is(read: Callable[[], object], value: object) -> None:
    assert read() == value


@pytest.mark.parametrize("read", MALFORMED.values(), ids=MALFORMED)
def test_refused_is(read: Callable[[], object]) -> None:
    with pytest.raises(MalformedClaims) as refused:
        read()
    assert refused.value.code == "malformed-claims"


@given(st.binary(min_size=32, max_size=32), st.sampled_from("ABCDEFGHghij0123_-"))
def test_a_digest_has_one_spelling(raw: bytes, last: str) -> None:
    spelling = base64url.encode(raw)
    assert is_digest(spelling)
    other = spelling[:-1] + last
    assert is_digest(other) is (len(other) == 43 and base64url.encode(base64.urlsafe_b64decode(other + "=")) == other)


def test_a_refusal_names_the_member_and_not_its_value() -> None:
    with pytest.raises(MalformedClaims) as refused:
        member("Awa, invented\n").text("it")
    assert refused.value.field == "it"
    assert "Awa" not in str(refused.value)


def test_a_member_that_is_not_known_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(MalformedClaims) as refused:
        Claims.of({"it": 1, "Awa, invented": 1}, {"it"}, "a sample")
    assert "Awa" not in str(refused.value)


def test_a_clock_may_be_five_minutes_ahead_and_no_more() -> None:
    require_not_future(AT + timedelta(seconds=300), AT, "a sample")
    with pytest.raises(FromTheFuture):
        require_not_future(AT + timedelta(seconds=301), AT, "a sample")
