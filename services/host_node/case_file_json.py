"""The bytes of a case file as one JSON object, and typed ways into it.

Refused, with the place named and the value never: more than 1 MiB, anything but UTF-8 (a byte order mark is passed
over), a name that stands twice in one object, NaN and infinities, nesting deeper than 20, lone surrogates, NUL.
Mended, because exporters differ: text becomes Unicode normal form C, and a field that is null counts as absent.

A number with a fraction is read as the text that was written, so that no amount ever becomes a binary fraction.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NoReturn, TypeVar

from relevo.errors import BadInput
from relevo.messages.classes_faults import field_name

if TYPE_CHECKING:
    from pydantic import JsonValue

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

T = TypeVar("T")


class CaseFileInvalid(BadInput):
    """The case file cannot be read as a case."""

    code = "case-file-invalid"
    advice = "Correct the field that is named in the case system, export again and import again; nothing was stored."


@dataclass(frozen=True, kw_only=True)
class Section:
    """An object of the file, and the path at which it stands."""

    path: str
    fields: Mapping[str, JsonValue]

    def at(self, name: str) -> str:
        """The path of a field of this object."""
        return f"{self.path}.{field_name(name)}" if self.path else field_name(name)

    def text(self, name: str) -> str:
        """A text that must be there."""
        return self._there(name, self.text_or_none(name))

    def text_or_none(self, name: str) -> str | None:
        """A text, if it is there."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, str):
            refuse(self.at(name), "must be text")
        return value

    def flag(self, name: str) -> bool:
        """Whether it is said to be true; what is not said is not so."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            refuse(self.at(name), "must be true or false")
        return value

    def day(self, name: str) -> date:
        """A date that must be there."""
        return self._there(name, self.day_or_none(name))

    def day_or_none(self, name: str) -> date | None:
        """A date, if it is there."""
        value = self.text_or_none(name)
        found = None if value is None else day_of(value)
        if value is not None and found is None:
            refuse(self.at(name), "must be a date written as year-month-day, such as 2026-12-31")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty if it is not there."""
        values = self.fields.get(name, [])
        if not isinstance(values, list):
            refuse(self.at(name), "must be a list")
        return tuple(self._text_in(f"{self.at(name)}[{index}]", value) for index, value in enumerate(values))

    def section(self, name: str) -> Section:
        """An object that must be there."""
        return section_of(self._there(name, self.fields.get(name)), self.at(name))

    def sections(self, name: str) -> tuple[Section, ...]:
        """A list of objects; empty if it is not there."""
        return sections_of(self.fields.get(name, []), self.at(name))

    def _there(self, name: str, value: T | None) -> T:
        if value is None or value == "":
            refuse(self.at(name), "is missing")
        return value

    @staticmethod
    def _text_in(path: str, value: JsonValue) -> str:
        if not isinstance(value, str):
            refuse(path, "must be text")
        return value


def read_document(raw: bytes) -> Section:
    """The one object that the bytes of a case file are.

    Raises:
        CaseFileInvalid: naming the place.
    """
    if len(raw) > MAX_BYTES:
        refuse("file", f"is larger than {MAX_BYTES} bytes")
    return section_of(_normal(_parse(raw), "", MAX_DEPTH), "")


def section_of(value: JsonValue, path: str) -> Section:
    """`value` as an object.

    Raises:
        CaseFileInvalid: if it is something else.
    """
    if not isinstance(value, dict):
        refuse(path, "must be an object with named fields")
    return Section(path=path, fields=value)


def sections_of(value: JsonValue, path: str) -> tuple[Section, ...]:
    """`value` as a list of objects.

    Raises:
        CaseFileInvalid: if it is something else.
    """
    if not isinstance(value, list):
        refuse(path, "must be a list")
    return tuple(section_of(one, f"{path}[{index}]") for index, one in enumerate(value))


def day_of(text: JsonValue) -> date | None:
    """The day that a text writes as year-month-day; None if it does not."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def refuse(path: str, detail: str) -> NoReturn:
    """Refuse the file for what stands at `path`.

    Raises:
        CaseFileInvalid: always.
    """
    where = path or "file"
    raise CaseFileInvalid(f"{where} {detail}", field=where)


def _parse(raw: bytes) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_unique, parse_float=str, parse_constant=_no_number
        )
    except json.JSONDecodeError as error:
        refuse("file", f"is not JSON at line {error.lineno}, column {error.colno}")
    except UnicodeDecodeError:
        refuse("file", "is not UTF-8")
    except (RecursionError, ValueError):
        refuse("file", "is nested too deep or has a number that is too long")
    return parsed


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {}
    for name, value in pairs:
        if name in fields:
            refuse(field_name(name), "stands twice in one object")
        fields[name] = value
    return fields


def _no_number(_literal: str) -> NoReturn:
    refuse("file", "has NaN or infinity, which is not JSON")


def _normal(value: JsonValue, path: str, depth: int) -> JsonValue:
    if depth == 0:
        refuse(path, "is nested too deep")
    if isinstance(value, str):
        return _normal_text(value, path)
    if isinstance(value, list):
        return [_normal(one, f"{path}[{index}]", depth - 1) for index, one in enumerate(value)]
    if isinstance(value, dict):
        within = Section(path=path, fields=value)
        return {
            _normal_text(name, within.at(name)): _normal(one, within.at(name), depth - 1)
            for name, one in value.items()
            if one is not None
        }
    return value


def _normal_text(text: str, path: str) -> str:
    if _UNSTORABLE.search(text):
        refuse(path, "has characters that cannot be stored")
    return unicodedata.normalize("NFC", text)
