"""How the sections of a case file become data classes, and which of their fields stay at home.

Only names and places of fields change here. Values are not judged: an empty birth date is taken in as it is, so that
an incomplete case can be imported and `relevo.messages.classes.check` says what it lacks. Four things do change:

    medication, vulnerability   a list                    -> {"items": …}, {"markers": …}
    family.household            birth dates of others     -> age bands, counted on the day of import
    costs                       whole numbers             -> amounts as text
    identity-min, confidential  names and the birth date  -> the code and the birth year

An age band is `unknown` where no birth date is given, and left out where the one given cannot be, so that the check
names it. Of a confidential case `identity-full` stays at home whole: documents have names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, get_args

from host_node.case_file_json import Section, day_of, refuse, section_of, sections_of
from host_node.case_file_stays import (
    CONFIDENTIAL,
    DOCUMENTS,
    NO_PLACE,
    NOTE,
    OTHER_PERSON,
    OWN_REFERRAL,
    Ground,
    Stay,
    stay,
)
from relevo.domain.data_classes import DataClass
from relevo.messages.circumstances import AgeBand, age_band
from relevo.messages.classes import CLASSES
from relevo.messages.classes_shape import Strict
from relevo.messages.identity import NAMES

if TYPE_CHECKING:
    from pydantic import JsonValue

Fields: TypeAlias = "dict[str, JsonValue]"
Shaped: TypeAlias = "tuple[Fields, tuple[Stay, ...]]"

SECTIONS = frozenset(DataClass) - {DataClass.CONSENT}
"""The sections of a case file that become data classes; consents become records of their own."""

_HIDDEN = (*NAMES, "birth_date", "birth_date_reason")
_OF_OTHERS: Mapping[str, Ground] = MappingProxyType(
    {
        **dict.fromkeys(("name", "birth_date", "reference", *NAMES), OTHER_PERSON),
        "referral": OWN_REFERRAL,
        "note": NOTE,
        "notes": NOTE,
    }
)


@dataclass(frozen=True, kw_only=True)
class Import:
    """The circumstances of an import: whether the case is confidential, and the day."""

    confidential: bool
    on: date


def shape_record(document: Section, how: Import) -> tuple[dict[str, Fields], tuple[Stay, ...]]:
    """The data classes of a case file, and what of them stays at home.

    Raises:
        CaseFileInvalid: if a section is no object or list where it must be.
    """
    record: dict[str, Fields] = {}
    stays: list[Stay] = []
    for name in document.fields:
        if name in SECTIONS:
            fields, left = _shape(name, document, how)
            record |= {name: fields} if fields else {}
            stays += left
    return record, tuple(stays)


def _shape(name: str, document: Section, how: Import) -> Shaped:
    fields, early = _SHAPES.get(name, _as_it_is)(document, name, how)
    kept, late = _known(CLASSES[name], Section(path=name, fields=fields))
    return kept, (*early, *late)


def _as_it_is(document: Section, name: str, _how: Import) -> Shaped:
    return dict(document.section(name).fields), ()


def _identity_min(document: Section, name: str, how: Import) -> Shaped:
    section = document.section(name)
    if not how.confidential:
        return dict(section.fields), ()
    section.text("code")
    fields = {key: value for key, value in section.fields.items() if key not in _HIDDEN}
    born = day_of(section.fields.get("birth_date"))
    if born is not None:
        fields.setdefault("birth_year", born.year)
    return fields, _hidden(section, _HIDDEN, CONFIDENTIAL)


def _identity_full(document: Section, name: str, how: Import) -> Shaped:
    section = document.section(name)
    if how.confidential:
        return {}, _hidden(section, tuple(section.fields), DOCUMENTS)
    return dict(section.fields), ()


def _hidden(section: Section, names: tuple[str, ...], ground: Ground) -> tuple[Stay, ...]:
    present = (name for name in names if name in section.fields)
    return tuple(stay(section.at(name), ground, section.fields[name]) for name in present)


def _family(document: Section, name: str, how: Import) -> Shaped:
    section = document.section(name)
    members = section.sections("household")
    fields = _with_list(section, "household", [_member(member, how.on) for member in members])
    return fields, tuple(one for member in members for one in _private(member))


def _private(member: Section) -> Iterator[Stay]:
    for name, value in member.fields.items():
        if name in _OF_OTHERS:
            yield stay(member.at(name), _OF_OTHERS[name], value)


def _member(member: Section, on: date) -> Fields:
    fields = {key: value for key, value in member.fields.items() if key not in _OF_OTHERS}
    band = _band(member, on)
    return {"age_band": band.value, **fields} if band else fields


def _band(member: Section, on: date) -> AgeBand | None:
    if "birth_date" not in member.fields:
        return AgeBand.UNKNOWN
    born = day_of(member.fields["birth_date"])
    return age_band(born, on=on) if born is not None and born <= on else None


def _list_as(field: str) -> Callable[[Section, str, Import], Shaped]:
    def shape(document: Section, name: str, _how: Import) -> Shaped:
        value = document.fields[name]
        if not isinstance(value, list):
            refuse(name, "must be a list")
        return {field: value}, ()

    return shape


def _costs(document: Section, name: str, _how: Import) -> Shaped:
    section = document.section(name)
    lines = [_amounts(line.fields) for line in section.sections("lines")]
    return _amounts(_with_list(section, "lines", lines)), ()


def _with_list(section: Section, name: str, entries: Sequence[JsonValue]) -> Fields:
    shaped: Fields = {name: list(entries)} if name in section.fields else {}
    return {**section.fields, **shaped}


def _amounts(fields: Mapping[str, JsonValue]) -> Fields:
    return {key: str(value) if type(value) is int else value for key, value in fields.items()}


_SHAPES: Mapping[str, Callable[[Section, str, Import], Shaped]] = MappingProxyType(
    {
        DataClass.IDENTITY_MIN: _identity_min,
        DataClass.IDENTITY_FULL: _identity_full,
        DataClass.FAMILY: _family,
        DataClass.MEDICATION: _list_as("items"),
        DataClass.VULNERABILITY: _list_as("markers"),
        DataClass.COSTS: _costs,
    }
)


def _known(model: type[Strict], section: Section) -> Shaped:
    """Part the fields that the model has a place for from those that it has not, all the way down."""
    fields: Fields = {}
    stays: list[Stay] = []
    for name, value in section.fields.items():
        if name not in model.model_fields:
            stays.append(stay(section.at(name), NO_PLACE, value))
            continue
        inner = _inner(model.model_fields[name].annotation)
        fields[name], left = (value, ()) if inner is None else _known_within(inner, value, section.at(name))
        stays += left
    return fields, tuple(stays)


def _known_within(model: type[Strict], value: JsonValue, path: str) -> tuple[JsonValue, tuple[Stay, ...]]:
    if not isinstance(value, list):
        return _known(model, section_of(value, path))
    parted = [_known(model, one) for one in sections_of(value, path)]
    return [fields for fields, _ in parted], tuple(one for _, stays in parted for one in stays)


def _inner(annotation: object) -> type[Strict] | None:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part))), None)
