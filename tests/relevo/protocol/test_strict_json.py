"""JSON is read in one way or not at all."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.protocol.strict_json import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_INTEGER,
    JsonValue,
    MalformedJson,
    WholeJson,
    dump,
    dump_whole,
    load,
    load_value,
    load_values,
)

REFUSED = {
    "a name that stands twice": b'{"a":1,"a":1}',
    "a name that stands twice further down": b'{"a":[{"b":1,"b":2}]}',
    "a name that stands twice in two spellings": b'{"a":1,"\\u0061":2}',
    "a name that stands twice, once before a blank": b'{"a" :1,"a":2}',
    "a name that stands twice, once before a line feed": b'{"a":1,"a"\n:2}',
    "a name that stands twice, before a tab and a return": b'{"a"\t:1,"a"\r:2}',
    "a name that stands twice beside colons in a text": b'{"a":":","a":"\\":"}',
    "a name that stands twice among names that do not": b'{"a":1,"b":{"c":1,"d":2,"c":3},"e":[{"a":1}]}',
    "not a number": b'{"a":NaN}',
    "an infinity": b'{"a":-Infinity}',
    "a fraction beyond a double": b'{"a":1e400}',
    "an integer beyond 2^53-1": b'{"a":9007199254740992}',
    "an integer below -(2^53-1)": b'{"a":-9007199254740992}',
    "an integer of very many digits": b'{"a":' + b"9" * 5000 + b"}",
    "a lone surrogate": b'{"a":"\\ud800"}',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "bytes that are not UTF-8": b'{"a":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "something after the end": b'{"a":1} x',
    "a comma too many": b'{"a":1,}',
    "a comment": b'{"a":1/**/}',
    "a string that is not closed": b'{"a":"',
    "a control character in a string": b'{"a":"\x01"}',
    "nothing": b"",
    "a list where an object is due": b"[]",
    "null where an object is due": b"null",
    "lists within lists too deep": b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
    "objects within objects too deep": b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    "more opened than any stack holds": b"[" * 100_000,
}

READ: dict[str, tuple[bytes, JsonValue]] = {
    "the greatest integer": (b"9007199254740991", MAX_INTEGER),
    "the least integer": (b"-9007199254740991", -MAX_INTEGER),
    "as deep as allowed": (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, load_value(b"[" * 32 + b"]" * 32)),
    "brackets in a string": (b'"' + b"[" * 40 + b'"', "[" * 40),
    "brackets after an escaped quote": (b'"\\"' + b"{" * 40 + b'"', '"' + "{" * 40),
    "a backslash at the end of a string": (b'["\\\\",[]]', ["\\", []]),
    "a character beyond the first plane": ('"\U0001f30d"'.encode(), "\U0001f30d"),
    "a fraction": (b"1.5", 1.5),
    "colons in texts": (b'{"a":":","b":"\\":","c" : "d :"}', {"a": ":", "b": '":', "c": "d :"}),
    "one name in two objects": (b'[{"a":1},{"a":{"a":2}}]', [{"a": 1}, {"a": {"a": 2}}]),
}

PIECES = (
    *(*'{}[]",: \t\n\v\\-.0e', " :", '":', '"a":1', '"a" :', "\\u0061", "\\ud800", "\\udf0d", "\\n", "\x01", "\x7f"),
    *("null", "true", "NaN", "-Infinity", "1e400", "-0", "01", "9007199254740992", "\ufeff", "\xa0", "é", "\U0001f30d"),
)
BLANKS = ((",", ":"), (", ", ": "), (" ,", " :"), (",\n", "\t:\r"))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_refused_is(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        load(raw)
    if not raw.endswith((b"[]", b"null")):
        with pytest.raises(MalformedJson):
            load_values([b'["a"]', raw, b'"b"'])


@pytest.mark.parametrize(("raw", "value"), READ.values(), ids=READ)
def test_read_is(raw: bytes, value: JsonValue) -> None:
    assert load_value(raw) == value
    assert load_values([b'["a"]', raw, b'"b"']) == [["a"], value, "b"]


def test_one_of_many_is_no_longer_than_a_single_one() -> None:
    longest = b'"' + b"a" * (MAX_BYTES - 2) + b'"'
    assert load_values([b"1", longest]) == [1, "a" * (MAX_BYTES - 2)]
    with pytest.raises(MalformedJson):
        load_values([b"1", longest + b" "])
    assert load_values([]) == []


def test_more_bytes_than_the_caller_allows_are_refused() -> None:
    assert load(b'{"a":1}', limit=7) == {"a": 1}
    with pytest.raises(MalformedJson):
        load(b'{"a":1}', limit=6)


def read_otherwise(raw: bytes) -> JsonValue:
    """What the reader of the standard library makes of bytes, with these rules as its hooks."""
    decoder = json.JSONDecoder(object_pairs_hook=unique, parse_constant=refused, parse_int=whole, parse_float=finite)
    value: JsonValue = decoder.decode(raw.decode())
    dump(value)  # no half of a surrogate pair
    return value


def unique(pairs: list[tuple[str, JsonValue]]) -> JsonValue:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def refused(_constant: str) -> JsonValue:
    raise ValueError("no number")


def whole(digits: str) -> int:
    if abs(int(digits)) > MAX_INTEGER:
        raise ValueError("beyond")
    return int(digits)


def finite(digits: str) -> float:
    if math.isinf(float(digits)):
        raise ValueError("beyond")
    return float(digits)


CHANGES = st.lists(st.tuples(st.integers(0, 99), st.sampled_from(PIECES)), max_size=3)


@settings(max_examples=300)
@given(JSON, st.sampled_from(BLANKS), CHANGES)
def test_the_reader_of_the_standard_library_agrees_on(
    value: JsonValue, blanks: tuple[str, str], changes: list[tuple[int, str]]
) -> None:
    text = json.dumps(value, separators=blanks, ensure_ascii=blanks == BLANKS[0])
    for place, piece in changes:
        text = text[: place % (len(text) + 1)] + piece + text[place % (len(text) + 1) :]
    raw = text.encode(errors="surrogatepass")
    try:
        expected = read_otherwise(raw)
    except ValueError:
        with pytest.raises(MalformedJson):
            load_value(raw)
    else:
        assert repr(load_value(raw)) == repr(expected)


@given(JSON.filter(lambda value: not isinstance(value, float) or abs(value) != float("inf")))
def test_what_is_written_reads_back(value: JsonValue) -> None:
    try:
        raw = dump(value)
    except ValueError:
        return  # an infinity, or half of a surrogate pair, is not written
    assert load_value(raw) == value


WRITABLE = st.text(st.characters(codec="utf-8"))
WHOLE: st.SearchStrategy[WholeJson] = st.recursive(
    st.none() | st.booleans() | st.integers() | WRITABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WRITABLE, inner, max_size=4),
)


@given(WHOLE)
def test_both_writers_agree_where_there_is_no_fraction(value: WholeJson) -> None:
    assert dump_whole(value) == dump(value)
