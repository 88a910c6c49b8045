"""Reads a TOML table strictly: every key has one type, unknown keys are faults, and all faults are named at once.

Whatever is missing or of a wrong type is noted in `faults` and replaced by a harmless value, so that reading goes on
to the next fault; who reads must not use the result once `faults` holds anything. TOML has its own dates, times and
moments (TOML 1.0, "Offset Date-Time", "Local Date", "Local Time"), and no others are taken for them.

Whoever reads a table says with each question what may stand there: which texts (`Kind`), which numbers, how many. The
questions are therefore the description of the document too; `relevo.domain.toml_schema` makes a JSON Schema of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a text may be: one that fits `pattern` whole, or, if there are any, one of `among`; in words, `named`."""

    named: str
    pattern: re.Pattern[str] = re.compile(r"[\s\S]+")
    among: tuple[str, ...] = ()

    def fits(self, text: str) -> bool:
        """Whether `text` is of this kind."""
        return text in self.among if self.among else self.pattern.fullmatch(text) is not None


TEXT = Kind(named="a text that is not empty")


class TomlTable:
    """One table of a TOML document, with the path at which it stands."""

    def __init__(self, values: Mapping[str, object], path: str, faults: list[Reason]) -> None:
        self._values = values
        self._path = path
        self._read: set[str] = set()
        self._faults = faults

    def names(self, kind: Kind = TEXT, *, least: int = 0) -> tuple[str, ...]:
        """The keys of this table, at least so many, in the order of the document; a fault for each of another kind."""
        for name in self._values:
            if not kind.fits(name):
                self.fault(name, f"its name is not {kind.named}")
        if len(self._values) < least:
            self.fault("*", f"must hold at least {least}")
        return tuple(self._values)

    def has(self, key: str) -> bool:
        """Whether the table holds `key`, which it need not."""
        return key in self._values

    def fault(self, key: str, detail: str) -> None:
        """Note that what stands at `key` cannot be so."""
        self._faults.append(Reason(code="sop-invalid", field=self._at(key), detail=detail, advice=ADVICE))

    def text(self, key: str, kind: Kind = TEXT) -> str:
        """A text of a kind."""
        value = self._get(key, str, "", "a text")
        if self._values.get(key) == value and not kind.fits(value):
            self.fault(key, f"must be {kind.named}")
        return value

    def number(self, key: str, *, least: int = 1, most: int = MOST) -> int:
        """A whole number from `least` to `most`."""
        value = self._get(key, int, least, "a whole number")
        if not least <= value <= most:
            self.fault(key, f"must be from {least} to {most}")
        return value

    def either(self, *keys: str) -> tuple[str, int]:
        """Which one of `keys` stands here, and its number from 1 to `MOST`; another beside it is left unread."""
        key = next((key for key in keys if key in self._values), keys[-1])
        return key, self.number(key)

    def words(self, key: str, kind: Kind = TEXT, *, least: int = 0, needed: bool = False) -> tuple[str, ...]:
        """Those of a list of texts, each standing once, that are of a kind, which all should be; at least so many.

        Empty if the key is missing, which is a fault only if it is `needed`, or if there must be some.
        """
        found = self._list(key, str, "a list of texts", needed=needed or least > 0)
        if len(set(found)) < len(found):
            self.fault(key, "names something twice")
        for unfit in (word for word in found if not kind.fits(word)):
            self.fault(key, f"{unfit!r} is not {kind.named}")
        self._require_items(key, found, least)
        return tuple(word for word in found if kind.fits(word))

    def numbers(self, key: str, *, least: int, most: int) -> tuple[int, ...]:
        """A list of whole numbers from `least` to `most`, at least one, each greater than the one before."""
        found = self._list(key, int, "a list of whole numbers", needed=True)
        if list(found) != sorted(set(found)) or not all(least <= one <= most for one in found):
            self.fault(key, f"must list numbers from {least} to {most}, each greater than the one before")
        self._require_items(key, found, 1)
        return found

    def days(self, key: str) -> tuple[date, ...]:
        """A list of dates, which may be empty but not missing."""
        return self._list(key, date, "a list of dates", needed=True)

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

    def tables(self, key: str) -> tuple[TomlTable, ...]:
        """The tables of a list (`[[key]]`), each at its place counted from 0; none if the key is missing."""
        found = self._list(key, dict, "a list of tables", needed=False)
        return tuple(TomlTable(one, self._at(f"{key}.{place}"), self._faults) for place, one in enumerate(found))

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

    def _require_items(self, key: str, found: tuple[object, ...], least: int) -> None:
        if len(found) < least and self._values.get(key) == []:
            self.fault(key, f"must list at least {least}")

    def _list(self, key: str, kind: type[T], name: str, *, needed: bool) -> tuple[T, ...]:
        if key not in self._values:
            if needed:
                self.fault(key, "is missing, even if the list is empty")
            return ()
        value: list[object] = self._get(key, list, [], name)
        found = tuple(one for one in value if isinstance(one, kind) and _is(one, kind))
        if len(found) < len(value):
            self.fault(key, f"must be {name}")
        return found


def _is(value: object, kind: type[object]) -> bool:
    """`bool` is an `int` and `datetime` a `date` to Python, but not to a reader of a SOP."""
    return type(value) is kind
