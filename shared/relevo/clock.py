"""What time it is, as a value that is handed in.

A node's clock is a setting. Real nodes use `SystemClock`. Demos and tests let several nodes share one `FileClock`:
a file with one RFC 3339 moment, replaced as a whole, so that all nodes move forward together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class Clock(Protocol):
    """Tells the present moment, in UTC."""

    def now(self) -> datetime:
        """The present moment, with its zone."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


class StandingClock:
    """Stands still until somebody moves it; for tests inside one process."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The moment at which it stands."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Stand at another moment."""
        self._at = at

    def move(self, by: timedelta) -> None:
        """Go forward (or back)."""
        self._at += by


class FileClock:
    """Stands at the moment written in a file, which several processes share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """The moment that the file holds now, in UTC."""
        return datetime.fromisoformat(self._path.read_text(encoding="ascii").strip()).astimezone(UTC)

    def move_to(self, at: datetime) -> None:
        """Replace the moment in one step, so that no reader meets half a file."""
        fresh = self._path.with_suffix(".next")
        fresh.write_text(at.astimezone(UTC).isoformat(), encoding="ascii")
        fresh.replace(self._path)


def seconds(at: datetime) -> int:
    """`at` as a NumericDate: whole seconds since 1970-01-01T00:00Z (RFC 7519, section 2)."""
    return int(at.timestamp())


def moment(numeric: int) -> datetime:
    """A NumericDate as a moment in UTC."""
    return datetime.fromtimestamp(numeric, UTC)
