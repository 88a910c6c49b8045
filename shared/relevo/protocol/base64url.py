"""Base64url without padding, in exactly one spelling (RFC 4648, sections 3.5 and 5; RFC 7515, section 2).

Padding, white space, other alphabets and trailing bits that are not zero are refused, so that two different texts
never mean the same bytes.
"""

from __future__ import annotations

import binascii
import hashlib

from relevo.errors import WireError

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST = (_ALPHABET, "", _ALPHABET[::16], _ALPHABET[::4])
"""What a canonical text may end in, by its length modulo 4: bits that stand for nothing are zero."""
_PADDING = (b"", b"===", b"==", b"=")
_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_+/=", b"+/!!!")
"""From the alphabet of URLs to the one that is decoded, and back; what only the other has becomes what neither has."""


class NotBase64url(WireError):
    """A text is not canonical base64url."""

    code = "not-base64url"


def encode(raw: bytes) -> str:
    """`raw` as base64url text without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL, b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes that `text` stands for.

    Raises:
        NotBase64url: if any other text would be the canonical spelling of the same bytes.
    """
    try:
        standard = text.encode("ascii").translate(_FROM_URL) + _PADDING[len(text) % 4]
        raw = binascii.a2b_base64(standard, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise NotBase64url("a value is not base64url") from error
    if text[-1:] not in _LAST[len(text) % 4]:
        raise NotBase64url("a value is not canonical base64url")
    return raw


def digest(raw: bytes) -> str:
    """SHA-256 of `raw` as base64url text of 43 characters."""
    return encode(hashlib.sha256(raw).digest())
