"""Subjects about one HTTP request between nodes, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.protocol.hop import HopRequest, verify_answer, verify_request
from relevo.vectors.given import Input

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonObject, JsonValue


def of_request(given: Input) -> JsonValue:
    """`method`, `target_uri`, `headers`, `body` (text), `keys`, `at` → whose key, and the nonce."""
    found = verify_request(_request(given), key_for=given.key_for(), at=given.at())
    return {"kid": found.kid, "nonce": found.nonce}


def of_answer(given: Input) -> JsonValue:
    """`status`, `headers`, `body`, `request` (an object as above), `keys`, `at` → true if it answers this request."""
    verify_answer(
        given.number("status"),
        _headers(given.record("headers")),
        given.text("body").encode(),
        request=_request(Input(given.record("request"))),
        key_for=given.key_for(),
        at=given.at(),
    )
    return True


def _request(given: Input) -> HopRequest:
    return HopRequest(
        method=given.text("method"),
        target_uri=given.text("target_uri"),
        headers=_headers(given.record("headers")),
        body=given.text("body").encode(),
    )


def _headers(given: JsonObject) -> dict[str, str]:
    return {name: str(value) for name, value in given.items()}
