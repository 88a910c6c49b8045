"""Identifiers: threads are random, messages carry their time so that they sort.

A `jti` is a UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 74 bits of randomness.
"""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_RANDOM_BITS, _RANDOM_B_BITS, _STEP_BITS = 74, 62, 32


def new_thread() -> str:
    """A random UUID for one referral; it says nothing about when or who."""
    return str(uuid.uuid4())


def new_jti(at: datetime, after: str | None = None) -> str:
    """A UUIDv7 for a message made at `at`, which sorts behind `after`, made by this node (RFC 9562, section 6.2)."""
    value = _milliseconds(at) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    if after is not None:
        value = max(value, _value(after) + 1 + secrets.randbits(_STEP_BITS))
    milliseconds, random = divmod(value, 1 << _RANDOM_BITS)
    random_a, random_b = divmod(random, 1 << _RANDOM_B_BITS)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | random_a << 64 | 0b10 << 62 | random_b))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000) & (1 << 48) - 1


def _value(jti: str) -> int:
    """Time and randomness of a UUIDv7 as one number, which sorts as its text does."""
    number = uuid.UUID(jti).int
    random_a, random_b = number >> 64 & 0xFFF, number & (1 << _RANDOM_B_BITS) - 1
    return number >> 80 << _RANDOM_BITS | random_a << _RANDOM_B_BITS | random_b
