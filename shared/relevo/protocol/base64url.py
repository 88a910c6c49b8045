"""Base64url without padding, in exactly one spelling (RFC 4648, sections 3.5 and 5; RFC 7515, section 2).

Padding, white space, other alphabets and trailing bits that are not zero are refused, so that two different texts
never mean the same bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from relevo.errors import WireError


class NotBase64url(WireError):
    """A text is not canonical base64url."""

    code = "not-base64url"


def encode(raw: bytes) -> str:
    """`raw` as base64url text without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes that `text` stands for.

    Raises:
        NotBase64url: if any other text would be the canonical spelling of the same bytes.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotBase64url("a value is not base64url") from error
    if encode(raw) != text:
        raise NotBase64url("a value is not canonical base64url")
    return raw


def digest(raw: bytes) -> str:
    """SHA-256 of `raw` as base64url text of 43 characters."""
    return encode(hashlib.sha256(raw).digest())
