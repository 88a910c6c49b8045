"""What a door is (`support.doors`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Door:
    """`take` reads bytes; `samples` are some that it takes; `signed` if no other bytes say what they say."""

    take: Callable[[bytes], object]
    samples: tuple[bytes, ...]
    signed: bool = False


def text(raw: bytes) -> str:
    """What is written in `raw`, whatever it is."""
    return raw.decode("utf-8", "replace")
