"""Draws a JSON Schema (draft 7, which editors of TOML know) from the questions that a reader asks of a `TomlTable`.

`DrawnTable` is handed to a reader in place of a document. It answers everything harmlessly and notes what was asked:

    table.number("version")          →  "version": {"type": "integer", "minimum": 1, "maximum": 36500}, required
    table.words("allowed", CLASS)    →  "allowed": {"type": "array", "items": {"enum": […]}, "uniqueItems": true}
    table.names(WORD), then table.table(name)   →  "patternProperties": {"^(…)$": {…}}

What the reader checks across several values is not in the schema: a document may satisfy it and still contradict
itself. TOML's dates and times stand in it as the texts that JSON has for them.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TypeAlias

from relevo.domain.toml_table import EARLIEST, MOST, TEXT, Kind, TomlTable

Schema: TypeAlias = dict[str, object]
"""One JSON Schema, as `json` writes it."""

DRAFT = "http://json-schema.org/draft-07/schema#"
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?$"
ANY_NAME = "*"


class DrawnTable(TomlTable):
    """A table that holds nothing and notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__({}, "", [])
        self._properties: dict[str, Schema | DrawnTable | _Several] = {}
        self._required: list[str] = []
        self._optional: set[str] = set()
        self._keys = TEXT
        self._least = 0
        self._either: tuple[str, ...] = ()

    def schema(self) -> Schema:
        """What a table may hold, as far as it was asked for."""
        drawn = {key: one if isinstance(one, dict) else one.schema() for key, one in self._properties.items()}
        found: Schema = {"type": "object", "additionalProperties": False}
        if ANY_NAME in drawn:
            found |= self._by_name(drawn.pop(ANY_NAME))
        if drawn:
            found["properties"] = drawn
        if self._required:
            found["required"] = list(self._required)
        if self._either:
            found["oneOf"] = [{"required": [key]} for key in self._either]
        return found

    def _by_name(self, each: Schema) -> Schema:
        named: Schema = {"minProperties": self._least} if self._least else {}
        if self._keys.among:
            return named | {"properties": dict.fromkeys(self._keys.among, each)}
        return named | {"patternProperties": {_whole(self._keys): each}}

    def names(self, kind: Kind = TEXT, *, least: int = 0) -> tuple[str, ...]:
        """One name that stands for all."""
        self._keys, self._least = kind, least
        return (ANY_NAME,)

    def has(self, key: str) -> bool:
        """Yes: whatever is asked for only if it is there is drawn, and not required."""
        self._optional.add(key)
        return True

    def text(self, key: str, kind: Kind = TEXT) -> str:
        """See `TomlTable.text`."""
        self._note(key, _text(kind))
        return ""

    def number(self, key: str, *, least: int = 1, most: int = MOST) -> int:
        """See `TomlTable.number`."""
        self._note(key, _number(least, most))
        return least

    def either(self, *keys: str) -> tuple[str, int]:
        """See `TomlTable.either`."""
        self._either = keys
        for key in keys:
            self._note(key, _number(1, MOST), needed=False)
        return keys[-1], 1

    def words(self, key: str, kind: Kind = TEXT, *, least: int = 0, needed: bool = False) -> tuple[str, ...]:
        """See `TomlTable.words`."""
        self._note(key, _list(_text(kind), least), needed=needed or least > 0)
        return ()

    def numbers(self, key: str, *, least: int, most: int) -> tuple[int, ...]:
        """See `TomlTable.numbers`."""
        self._note(key, _list(_number(least, most), 1))
        return ()

    def days(self, key: str) -> tuple[date, ...]:
        """See `TomlTable.days`."""
        self._note(key, {"type": "array", "items": _formatted("date")})
        return ()

    def day(self, key: str) -> date:
        """See `TomlTable.day`."""
        self._note(key, _formatted("date"))
        return date.max

    def clock(self, key: str, instead: time) -> time:
        """See `TomlTable.clock`."""
        self._note(key, {"type": "string", "pattern": CLOCK, "description": "a time of day, without a zone"})
        return instead

    def moment(self, key: str) -> datetime:
        """See `TomlTable.moment`."""
        self._note(key, _formatted("date-time"))
        return EARLIEST

    def table(self, key: str) -> TomlTable:
        """See `TomlTable.table`."""
        inner = DrawnTable()
        self._note(key, inner)
        return inner

    def tables(self, key: str) -> tuple[TomlTable, ...]:
        """See `TomlTable.tables`."""
        inner = DrawnTable()
        self._note(key, _Several(inner), needed=False)
        return (inner,)

    def _note(self, key: str, asked: Schema | DrawnTable | _Several, *, needed: bool = True) -> None:
        self._properties[key] = asked
        if needed and key not in self._optional and key not in (*self._required, ANY_NAME):
            self._required.append(key)


class _Several:
    """A list of tables that are all alike."""

    def __init__(self, each: DrawnTable) -> None:
        self._each = each

    def schema(self) -> Schema:
        return {"type": "array", "items": self._each.schema()}


def _whole(kind: Kind) -> str:
    return f"^({kind.pattern.pattern})$"


def _text(kind: Kind) -> Schema:
    if kind.among:
        return {"enum": list(kind.among), "description": kind.named}
    return {"type": "string", "pattern": _whole(kind), "description": kind.named}


def _number(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _list(items: Schema, least: int) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "uniqueItems": True}


def _formatted(name: str) -> Schema:
    return {"type": "string", "format": name}
