"""Base64url without padding, in exactly one spelling (RFC 4648, sections 3.5 and 5; RFC 7515, section 2).

Padding, white space, other alphabets and trailing bits that are not zero are refused, so that two different texts
never mean the same bytes.
"""

from __future__ import annotations

import hashlib
from itertools import accumulate
from typing import TYPE_CHECKING

from pybase64 import b64decode, b64encode_as_string

from relevo.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST = (_ALPHABET, "", _ALPHABET[::16], _ALPHABET[::4])
"""What a canonical text may end in, by its length modulo 4: bits that stand for nothing are zero."""
_PADDING = ("", "===", "==", "=")
_FILLING = tuple(dict.fromkeys(last, filling) for last, filling in zip(_LAST, ("", "", "AA", "A"), strict=True))
"""What makes groups of four of a canonical text by adding zeros, by its length modulo 4 and by what it ends in."""
_SIGNS = b"-_"
"""What stands where the standard alphabet has `+` and `/`."""


class NotBase64url(WireError):
    """A text is not canonical base64url."""

    code = "not-base64url"


def encode(raw: bytes) -> str:
    """`raw` as base64url text without padding."""
    return b64encode_as_string(raw, _SIGNS).rstrip("=")


def decode(text: str) -> bytes:
    """The bytes that `text` stands for.

    Raises:
        NotBase64url: if any other text would be the canonical spelling of the same bytes.
    """
    over = len(text) % 4
    if text[-1:] not in _LAST[over] or "+" in text or "/" in text:
        raise NotBase64url("a value is not canonical base64url")
    try:
        return b64decode(text + _PADDING[over], _SIGNS, validate=True)
    except ValueError as error:
        raise NotBase64url("a value is not base64url") from error


def decode_all(texts: Sequence[str]) -> list[bytes]:
    """What `decode` gives for each of `texts`, none of them empty; they are read in one go."""
    try:
        filled = [text + _FILLING[len(text) % 4][text[-1]] for text in texts]
        joined = "".join(filled)
        if "+" in joined or "/" in joined:
            raise NotBase64url("a value is not canonical base64url")
        raw = b64decode(joined, _SIGNS, validate=True)
    except (LookupError, ValueError) as error:
        raise NotBase64url("a value is not canonical base64url") from error
    starts = accumulate([len(text) * 3 // 4 for text in filled], initial=0)
    return [raw[start : start + len(text) * 3 // 4] for text, start in zip(texts, starts, strict=False)]


def digest(raw: bytes) -> str:
    """SHA-256 of `raw` as base64url text of 43 characters."""
    return encode(hashlib.sha256(raw).digest())


def digests(raws: Iterable[bytes]) -> list[str]:
    """The `digest` of each, in their order; they are written in one go."""
    # 32 bytes and a zero are 44 characters, of which the last stands for nothing but the zero.
    text = encode(b"".join([hashlib.sha256(raw).digest() + b"\0" for raw in raws]))
    return [text[start : start + 43] for start in range(0, len(text), 44)]
