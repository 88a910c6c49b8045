"""Reads a TOML table strictly: every key has one type, unknown keys are faults, and all faults are named at once.

Whatever is missing or of a wrong type is noted in `faults` and replaced by a harmless value, so that reading goes on
to the next fault; who reads must not use the result once `faults` holds anything. TOML has its own dates, times and
moments (TOML 1.0, "Offset Date-Time", "Local Date", "Local Time"), and no others are taken for them.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time
from typing import TYPE_CHECKING, TypeVar

from relevo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
U = TypeVar("U")
MOST = 36_500
EARLIEST = datetime.min.replace(tzinfo=UTC)
ADVICE = "Correct the procedure file where it is named; nothing was stored."


class TomlTable:
    """One table of a TOML document, with the path at which it stands."""

    def __init__(self, values: Mapping[str, object], path: str, faults: list[Reason]) -> None:
        self._values = values
        self._path = path
        self._read: set[str] = set()
        self._faults = faults

    def names(self) -> tuple[str, ...]:
        """The keys of this table, in the order of the document."""
        return tuple(self._values)

    def has(self, key: str) -> bool:
        """Whether the table holds `key`."""
        return key in self._values

    def fault(self, key: str, detail: str) -> None:
        """Note that what stands at `key` cannot be so."""
        self._faults.append(Reason(code="sop-invalid", field=self._at(key), detail=detail, advice=ADVICE))

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._get(key, str, "", "a text")
        if not value and self._values.get(key) == value:
            self.fault(key, "must not be empty")
        return value

    def number(self, key: str, *, least: int = 1) -> int:
        """A whole number from `least` to `MOST`."""
        value = self._get(key, int, least, "a whole number")
        if not least <= value <= MOST:
            self.fault(key, f"must be from {least} to {MOST}")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts in which nothing stands twice; empty if the key is missing."""
        found = self._list(key, str, "a list of texts")
        if len(set(found)) < len(found):
            self.fault(key, "names something twice")
        return found

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; empty if the key is missing."""
        return self._list(key, int, "a list of whole numbers")

    def days(self, key: str) -> tuple[date, ...]:
        """A list of dates; empty if the key is missing."""
        return self._list(key, date, "a list of dates")

    def day(self, key: str) -> date:
        """A date."""
        return self._get(key, date, date.max, "a date")

    def clock(self, key: str, instead: time) -> time:
        """A local time."""
        return self._get(key, time, instead, "a time of day")

    def moment(self, key: str) -> datetime:
        """A moment with its zone, in UTC."""
        value = self._get(key, datetime, EARLIEST, "a moment with its zone")
        if value is EARLIEST:
            return value
        if value.tzinfo is None or value.year in {MINYEAR, MAXYEAR}:
            self.fault(key, "must be a moment with its zone, such as Z")
            return EARLIEST
        return value.astimezone(UTC)

    def table(self, key: str) -> TomlTable:
        """The table at `key`; if there is none, a fault, and an empty table in which nothing more is missed."""
        values: dict[str, object] | None = self._get(key, dict, None, "a table")
        return TomlTable(values or {}, self._at(key), self._faults if values is not None else [])

    def optional_table(self, key: str) -> TomlTable:
        """The table at `key`; an empty one if there is none."""
        return self.table(key) if self.has(key) else TomlTable({}, self._at(key), self._faults)

    def close(self) -> None:
        """Name every key that nothing has read."""
        for key in self._values:
            if key not in self._read:
                self.fault(key, "is not known here")

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _get(self, key: str, kind: type[T], instead: U, name: str) -> T | U:
        self._read.add(key)
        if key not in self._values:
            self.fault(key, "is missing")
            return instead
        value = self._values[key]
        if not _is(value, kind):
            self.fault(key, f"must be {name}")
            return instead
        assert isinstance(value, kind)
        return value

    def _list(self, key: str, kind: type[T], name: str) -> tuple[T, ...]:
        if not self.has(key):
            return ()
        value: list[object] = self._get(key, list, [], name)
        found = tuple(one for one in value if isinstance(one, kind) and _is(one, kind))
        if len(found) < len(value):
            self.fault(key, f"must be {name}")
        return found


def _is(value: object, kind: type[object]) -> bool:
    """`bool` is an `int` and `datetime` a `date` to Python, but not to a reader of a SOP."""
    return type(value) is kind
