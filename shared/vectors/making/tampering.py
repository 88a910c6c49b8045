"""Tokens taken apart, changed and signed anew, and tokens that our own signer would never write."""

from __future__ import annotations

from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.keys import Signer
from vectors.making.cases import Json


def payload_of(token: str) -> Json:
    """What stands in a token, unverified."""
    return strict_json.load(base64url.decode(token.split(".")[1]))


def header_of(token: str) -> Json:
    """The header of a token."""
    return strict_json.load(base64url.decode(token.split(".", maxsplit=1)[0]))


def changed(token: str, key: Signer, **changes: Json) -> str:
    """A token with members of its payload changed, signed anew by `key`; None takes a member away."""
    payload = {**payload_of(token), **changes}
    kept = {name: value for name, value in payload.items() if name not in changes or value is not None}
    return jws.sign(strict_json.dump(kept), key, header_of(token)["typ"])


def spoilt(token: str) -> str:
    """A token with one bit of its signature changed."""
    body, _, signature = token.rpartition(".")
    raw = base64url.decode(signature)
    return f"{body}.{base64url.encode(bytes([raw[0] ^ 1]) + raw[1:])}"


def with_header(header: bytes, payload: bytes, key: Signer) -> str:
    """A token with any bytes as header, its signature right."""
    body = f"{base64url.encode(header)}.{base64url.encode(payload)}"
    return f"{body}.{base64url.encode(key.sign(body.encode()))}"


def with_payload(token: str, payload: bytes, key: Signer) -> str:
    """A token with any bytes as payload, its signature right."""
    return with_header(base64url.decode(token.split(".", maxsplit=1)[0]), payload, key)
