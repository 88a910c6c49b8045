"""Identifiers: threads are random, messages carry their time so that they sort.

A `jti` is a UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 74 bits of randomness.
"""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def new_thread() -> str:
    """A random UUID for one referral; it says nothing about when or who."""
    return str(uuid.uuid4())


def new_jti(at: datetime) -> str:
    """A UUIDv7 for a message made at `at`."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    random_a, random_b = secrets.randbits(12), secrets.randbits(62)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | random_a << 64 | 0b10 << 62 | random_b))
