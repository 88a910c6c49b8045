"""Subjects about spelling: bytes as text, JSON, the forms of members, addresses, padding."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.protocol import base64std, base64url, strict_json
from relevo.protocol.claims import Claims
from relevo.protocol.endpoint import require_endpoint
from relevo.protocol.seal import padme_length, unpad
from relevo.vectors.given import InputMalformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.protocol.strict_json import JsonValue
    from relevo.vectors.given import Input

_FORMS: Mapping[str, Callable[[Claims], object]] = MappingProxyType(
    {
        "node-id": lambda claims: claims.node_id("value"),
        "digest": lambda claims: claims.digest("value"),
        "uuid": lambda claims: claims.uuid("value"),
        "uuid-v7": lambda claims: claims.uuid("value", version=7),
        "moment": lambda claims: claims.moment("value"),
        "word": lambda claims: claims.word("value"),
        "text": lambda claims: claims.text("value"),
        "flag": lambda claims: claims.flag("value"),
    }
)


def of_base64url(given: Input) -> JsonValue:
    """`text` → the bytes."""
    return base64url.decode(given.text("text")).hex()


def of_base64(given: Input) -> JsonValue:
    """`text` → the bytes."""
    return base64std.decode(given.text("text")).hex()


def of_strict_json(given: Input) -> JsonValue:
    """`text`, or `bytes` where it is no text → the value."""
    raw = given.raw("bytes") if given.is_given("bytes") else given.text("text").encode()
    return strict_json.load_value(raw)


def of_form(given: Input) -> JsonValue:
    """`form`, `value` → true if the value is of the form."""
    form = given.text("form")
    if form not in _FORMS:
        raise InputMalformed(f"no form is called so; there are {', '.join(_FORMS)}", field="form")
    _FORMS[form](Claims.of({"value": given.value("value")}, ("value",), "the case"))
    return True


def of_endpoint(given: Input) -> JsonValue:
    """`url` → true if envelopes may be sent there."""
    require_endpoint(given.text("url"))
    return True


def of_padme(given: Input) -> JsonValue:
    """`length` → the length after padding."""
    return padme_length(given.number("length"))


def of_padding(given: Input) -> JsonValue:
    """`padded` → the payload inside."""
    return unpad(given.raw("padded")).hex()
