"""JSON that can be read in one way only (RFC 8259 as narrowed by RFC 7493, I-JSON).

Refused, each before anything is done with it: a byte order mark, bytes that are not UTF-8, names that stand twice,
NaN and infinities, fractions beyond what a double holds, integers beyond 2^53-1, lone surrogates, nesting deeper
than 32, and more bytes than the caller allows.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeAlias

from relevo.errors import WireError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, Any]

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_INTEGER = (1 << 53) - 1

_BLANK = " \t\n\r"
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""A string (to the end of the text, if it is not closed) or a bracket; never goes back, so linear in time."""
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


class MalformedJson(WireError):
    """Bytes are not JSON that can be read in one way only."""

    code = "malformed-json"


def dump(value: object) -> bytes:
    """`value` as compact UTF-8 JSON; what `load` reads back is equal."""
    return _ENCODER.encode(value).encode("utf-8")


def load(raw: bytes, *, limit: int = MAX_BYTES) -> JsonObject:
    """The JSON object in `raw`.

    Raises:
        MalformedJson: for anything that is not one object, or that this module's rules refuse.
    """
    value = load_value(raw, limit=limit)
    if not isinstance(value, dict):
        raise MalformedJson("not a JSON object")
    return value


def load_value(raw: bytes, *, limit: int = MAX_BYTES) -> JsonValue:
    """Any JSON value in `raw`, under the same rules as `load`."""
    if len(raw) > limit:
        raise MalformedJson(f"longer than {limit} bytes")
    try:
        text = raw.decode("utf-8").strip(_BLANK)
        _require_shallow(text)
        value: JsonValue
        value, end = _DECODER.raw_decode(text)
        if "\\u" in text:
            dump(value)  # refuses lone surrogates, which nothing but an escape can bring
    except (ValueError, RecursionError) as error:
        raise MalformedJson("not strict JSON") from error
    if end != len(text):
        raise MalformedJson("something follows the value")
    return value


def _require_shallow(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        depth += _STEP.get(match[0], 0)
        if depth > MAX_DEPTH:
            raise MalformedJson(f"nested deeper than {MAX_DEPTH}")


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedJson("a name stands twice in one object")
    return value


def _refuse_constant(_constant: str) -> JsonValue:
    raise MalformedJson("NaN and infinities are not JSON")


def _integer(digits: str) -> int:
    if len(digits) > len(str(MAX_INTEGER)) + 1 or abs(value := int(digits)) > MAX_INTEGER:
        raise MalformedJson("an integer is beyond 2^53-1")
    return value


def _fraction(digits: str) -> float:
    if math.isinf(value := float(digits)):
        raise MalformedJson("a number is beyond what a double holds")
    return value


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_fraction
)
