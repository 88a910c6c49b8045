"""Standard base64 with padding, in exactly one spelling (RFC 4648, sections 3.5 and 4).

The transparency-log formats of C2SP write hashes and signatures in this alphabet; everything else of Relevo uses
`base64url`.
"""

from __future__ import annotations

import base64
import binascii

from relevo.errors import WireError


class NotBase64(WireError):
    """A text is not canonical base64."""

    code = "not-base64"


def encode(raw: bytes) -> str:
    """`raw` as base64 text with padding."""
    return base64.b64encode(raw).decode("ascii")


def decode(text: str) -> bytes:
    """The bytes that `text` stands for.

    Raises:
        NotBase64: if any other text would be the canonical spelling of the same bytes.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotBase64("a value is not base64") from error
    if encode(raw) != text:
        raise NotBase64("a value is not canonical base64")
    return raw
