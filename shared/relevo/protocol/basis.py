"""Why a message may carry what it carries, as a commitment that outlives the record.

A manifest says `consent:<c>` or `exception:<c>`, where

    c = SHA-256("relevo-basis-v1" 00 ‖ salt, 32 bytes ‖ record)

Record and salt travel sealed; the receiver recomputes c. Both go at erasure, and the manifest stays verifiable while
c says nothing about the record any more. The salt is fresh for each thread, so that threads cannot be joined by it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from relevo.errors import WireError
from relevo.protocol import base64url
from relevo.protocol.claims import is_digest

BasisKind: TypeAlias = Literal["consent", "exception"]

NONE = "none"
SALT_BYTES = 32
_TAG = b"relevo-basis-v1\0"
_CLAIM = re.compile(r"(?:consent|exception):(.*)")


class MalformedBasis(WireError):
    """A basis is of an unknown kind or form."""

    code = "malformed-basis"
    final = True


@dataclass(frozen=True)
class Basis:
    """The record of a consent or of an exception, in bytes, and its salt; `repr` shows neither."""

    kind: BasisKind
    record: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.kind not in {"consent", "exception"} or len(self.salt) != SALT_BYTES:
            raise MalformedBasis("a basis is not a consent or exception with a salt of 32 bytes")

    @property
    def claim(self) -> str:
        """What the manifest says: `consent:<c>` or `exception:<c>`."""
        return f"{self.kind}:{commit(self.record, self.salt)}"


def kind_of(claim: str) -> BasisKind:
    """The kind of basis that a claim names.

    Raises:
        MalformedBasis: for `none` and for anything that is no basis claim.
    """
    if claim == NONE or not is_basis_claim(claim):
        raise MalformedBasis("not the commitment to a consent or an exception")
    return cast("BasisKind", claim.partition(":")[0])


def commit(record: bytes, salt: bytes) -> str:
    """The commitment c to `record` under a salt of 32 bytes."""
    return base64url.encode(hashlib.sha256(_TAG + salt + record).digest())


def is_basis_claim(text: str) -> bool:
    """Whether `text` is `consent:<c>`, `exception:<c>` or `none`."""
    match = _CLAIM.fullmatch(text)
    return text == NONE or (match is not None and is_digest(match[1]))
