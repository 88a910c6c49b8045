"""Which HTTP signatures between nodes are taken: the profile of RFC 9421 and RFC 9530, and every way to miss it.

| message | covers |
| --- | --- |
| request | `@method`, `@target-uri`, `content-type`, `content-digest` |
| answer | `@status`, `content-type`, `content-digest`; with `;req` the four of its request, and its `signature` |

So an answer belongs to exactly one request. Without a body there is no `content-type`, neither as a field nor covered,
and the digest is that of no bytes. The parameters are exactly `created`, `expires` (at most 300 s later), `nonce`
(128 bits, base64url), `keyid` and `tag="relevo-v1"`. The algorithm is Ed25519 because the registered key says so; a
message that names one is refused. There is one signature, under any label, and each field stands once, in visible
ASCII on one line (ADR 0048).

Here stand the errors and what must be covered and carried; `hop_signature` signs and verifies.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64std

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIFETIME = timedelta(seconds=300)
MAX_SKEW_SECONDS = 120
NONCE_BYTES = 16
PARAMETERS = frozenset({"created", "expires", "nonce", "keyid", "tag"})

_FIELDS = frozenset({"content-type", "content-digest", "signature-input", "signature"})
_VALUE = re.compile(r"[\t -~]*")
_DIGEST = re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:")


class HopUnsigned(WireError):
    """A request or an answer carries no signature."""

    code = "hop-unsigned"
    advice = "Check that nothing between the nodes removes the fields Signature and Signature-Input."


class HopBadSignature(WireError):
    """The signature of a request or an answer does not verify."""

    code = "hop-bad-signature"
    public = "unreadable"
    advice = "Compare the configured external address of the receiver with the one that the sender uses."


class HopDigestMismatch(WireError):
    """The body of a request or an answer is not the one that was signed."""

    code = "hop-digest-mismatch"
    advice = "Send it again; if it happens again, something between the nodes changes bodies."


class HopExpired(WireError):
    """A request or an answer came after its own expiry."""

    code = "hop-expired"
    advice = "Send it again with a fresh signature."


class HopSkew(WireError):
    """The clocks of two nodes are too far apart; `ahead` is by how many seconds the signer's is before ours."""

    code = "hop-skew"
    advice = "Set the clocks of both machines; they may differ by two minutes at most."

    def __init__(self, detail: str = "", *, ahead: int = 0) -> None:
        super().__init__(detail)
        self.ahead = ahead


class HopWrongProfile(WireError):
    """A signature covers other things, or says other things of itself, than the two nodes agreed."""

    code = "hop-wrong-profile"
    advice = "The peer runs other software or an intermediary signs too; compare versions with its administrator."


def joined_lines(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header lines as one mapping, by name in lower case: lines of one name are one list (RFC 9110, section 5.3).

    So a field that was sent twice is seen as what it is, and `fields_of` can refuse it.
    """
    found: dict[str, str] = {}
    for spelled, value in lines:
        name = spelled.lower()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def fields_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Those header fields that a hop is about, by their name in lower case, without the blanks around a value.

    Raises:
        HopWrongProfile: if one of them stands twice, `content-type` is a list, or a value is folded over lines or
            holds anything but visible ASCII.
    """
    found: dict[str, str] = {}
    for spelled, value in headers.items():
        name = spelled.lower()
        if name not in _FIELDS:
            continue
        if name in found or (name == "content-type" and "," in value):
            raise HopWrongProfile(f"{name} stands more than once", field=name)
        if not _VALUE.fullmatch(value):
            raise HopWrongProfile(f"{name} is not one line of visible ASCII", field=name)
        found[name] = value.strip(" \t")
    return found


def content_fields(content_type: str | None, body: bytes) -> dict[str, str]:
    """The fields that describe `body`.

    Raises:
        ValueError: unless there is a content type exactly if there is a body.
    """
    if (content_type is None) != (not body):
        raise ValueError("a body has a content type, and nothing else has")
    digest = {"Content-Digest": _digest(body)}
    return digest if content_type is None else {"Content-Type": content_type, **digest}


def require_signed(fields: Mapping[str, str], body: bytes) -> None:
    """Raises `HopUnsigned` or `HopWrongProfile` unless all the fields are there that `body` calls for, and no other."""
    if "signature" not in fields or "signature-input" not in fields:
        raise HopUnsigned
    if ("content-type" in fields) != bool(body):
        raise HopWrongProfile("a body has a content type, and nothing else has", field="content-type")
    if not _DIGEST.fullmatch(fields.get("content-digest", "")):
        raise HopWrongProfile("the digest of the body is not one in SHA-256", field="content-digest")


def require_digest(fields: Mapping[str, str], body: bytes) -> None:
    """Raises `HopDigestMismatch` unless the signed digest is that of `body`."""
    if fields["content-digest"] != _digest(body):
        raise HopDigestMismatch


def request_components(body: bytes) -> tuple[str, ...]:
    """What the signature of a request with this body covers."""
    return ('"@method"', '"@target-uri"', *_content_components(body))


def answer_components(body: bytes, request_body: bytes) -> tuple[str, ...]:
    """What the signature of an answer covers: itself and its request."""
    asked = (f"{name};req" for name in (*request_components(request_body), '"signature"'))
    return ('"@status"', *_content_components(body), *asked)


def _digest(body: bytes) -> str:
    return f"sha-256=:{base64std.encode(hashlib.sha256(body).digest())}:"


def _content_components(body: bytes) -> tuple[str, ...]:
    return ('"content-type"', '"content-digest"') if body else ('"content-digest"',)
