"""What two administrators compare by telephone, so that a root key cannot be exchanged on its way.

    SHA-256("relevo-fingerprint-v1" 00 ‖ node id ‖ 00 ‖ root key, 32 bytes), first 128 bits

shown as 12 English words (BIP 39) or as 8 groups of 5 decimal digits (the number, padded with zeros to 40 digits).
The last word has a check sum, so that a misheard word is mostly noticed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnemonic import Mnemonic

from relevo.errors import WireError

if TYPE_CHECKING:
    from relevo.protocol.statement import NodeStatement

_TAG = b"relevo-fingerprint-v1\0"
_BYTES, _DIGITS, _GROUP = 16, 40, 5
_SPACING = re.compile(r"[^0-9A-Za-z]+")


class FingerprintDiffers(WireError):
    """A fingerprint that somebody got in another way is not the one of this root key."""

    code = "fingerprint-differs"
    advice = "Let it be read aloud by phone again; if it still differs, believe nothing that rests on this key."


@dataclass(frozen=True)
class Fingerprint:
    """128 bits about a node id and its root key: 12 words, or 8 groups of 5 digits."""

    words: tuple[str, ...]
    digits: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' '.join(self.words)}\n{' '.join(self.digits)}"

    def matches(self, typed: str) -> bool:
        """Whether `typed` is all the words or all the digits, whatever the case, spacing and punctuation."""
        given = _SPACING.sub("", typed).casefold().encode()
        as_words = hmac.compare_digest(given, "".join(self.words).encode())
        as_digits = hmac.compare_digest(given, "".join(self.digits).encode())
        return as_words | as_digits


def fingerprint_of(statement: NodeStatement) -> Fingerprint:
    """The fingerprint of a node's name and root; the same for every version of its statement."""
    hashed = hashlib.sha256(_TAG + statement.node_id.encode() + b"\0" + statement.root.raw).digest()[:_BYTES]
    number = str(int.from_bytes(hashed)).zfill(_DIGITS)
    return Fingerprint(
        words=tuple(Mnemonic("english").to_mnemonic(hashed).split()),
        digits=tuple(number[start : start + _GROUP] for start in range(0, _DIGITS, _GROUP)),
    )
