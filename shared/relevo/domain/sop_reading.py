"""Reads the parts of a standard operating procedure from its TOML tables.

Each function takes one value of a `TomlTable` or one table whole, notes what cannot be so, and goes on;
`relevo.domain.sop.parse_sop` asks them all and refuses with every fault at once.
"""

from __future__ import annotations

import re
from datetime import time
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from relevo.domain.data_classes import RETURNING, DataClass
from relevo.domain.sides import Side, Urgency
from relevo.domain.sop_parts import (
    EXPIRY_HOURS,
    LIFE_SAVING,
    MOST_EXPIRY_HOURS,
    Allowance,
    ExceptionRule,
    FirstContactRule,
    Purpose,
    ServiceClasses,
    TransferBasis,
    Unit,
)
from relevo.domain.working_time import DAYS_IN_WEEK, Calendar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.domain.toml_table import TomlTable

NODE_ID = re.compile(r"[a-z]{2}:[a-z0-9-]{1,32}")
WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FIELD = re.compile(r"[a-z][a-z0-9_]*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLASSES = frozenset(DataClass)
MOST_MONTHS = 120
UTC_ZONE = ZoneInfo("UTC")


def node_id(table: TomlTable, key: str) -> str:
    """A node id: two letters of a country, a colon, a slug."""
    return _matching(table, key, NODE_ID, "a node id such as es:retorno")


def word(table: TomlTable, key: str) -> str:
    """A kebab-case word."""
    return _matching(table, key, WORD, "a word of small letters, digits and hyphens")


def _matching(table: TomlTable, key: str, pattern: re.Pattern[str], name: str) -> str:
    value = table.text(key)
    if value and not pattern.fullmatch(value):
        table.fault(key, f"must be {name}")
    return value


def languages(top: TomlTable) -> tuple[str, ...]:
    """The languages of the consent sheets, by their tags."""
    found = top.words("languages")
    if not found or not all(LANGUAGE.fullmatch(one) for one in found):
        top.fault("languages", "must name at least one language, each by its tag, such as fr")
    return found


def transfer_basis(top: TomlTable) -> str:
    """One of the words of `TransferBasis`."""
    value = top.text("transfer_basis")
    if value and value not in frozenset(TransferBasis):
        top.fault("transfer_basis", f"must be one of {', '.join(TransferBasis)}")
    return value


def _classes(table: TomlTable, key: str, within: frozenset[str] = CLASSES) -> frozenset[str]:
    found = frozenset(table.words(key))
    for unknown in sorted(found - CLASSES):
        table.fault(key, f"there is no data class {unknown!r}")
    for barred in sorted((found & CLASSES) - within):
        table.fault(key, f"{barred} does not return from an origin")
    return found & within


def _required_and_allowed(table: TomlTable) -> tuple[frozenset[str], frozenset[str]]:
    required, allowed = _classes(table, "required"), _classes(table, "allowed")
    for both in sorted(required & allowed):
        table.fault("allowed", f"{both} stands under required already")
    return required, allowed


def purposes(table: TomlTable) -> Mapping[str, Purpose]:
    """Every purpose, by its word."""
    names = table.names()
    if not names:
        table.fault("*", "there must be at least one purpose")
    return MappingProxyType({name: _purpose(_named(table, name)) for name in names})


def _named(table: TomlTable, name: str) -> TomlTable:
    if not WORD.fullmatch(name):
        table.fault(name, "must be named by a word of small letters, digits and hyphens")
    return table.table(name)


def _purpose(table: TomlTable) -> Purpose:
    required, allowed = _required_and_allowed(table)
    if not required:
        table.fault("required", "at least one class must be required")
    purpose = Purpose(
        required=required,
        allowed=allowed,
        returns=_classes(table, "returns", frozenset(RETURNING)),
        services=_services(table.optional_table("services")),
        fields=_fields(table.optional_table("fields")),
    )
    for name in sorted(purpose.fields.keys() - moving_for(purpose) - purpose.returns):
        table.fault(f"fields.{name}", "the class does not move for this purpose")
    table.close()
    return purpose


def moving_for(purpose: Purpose) -> frozenset[str]:
    """Every class that can move to the origin for a purpose, whatever the services."""
    return purpose.allowed_classes(purpose.services)


def _services(table: TomlTable) -> Mapping[str, ServiceClasses]:
    return MappingProxyType({name: _service(_named(table, name)) for name in table.names()})


def _service(table: TomlTable) -> ServiceClasses:
    required, allowed = _required_and_allowed(table)
    table.close()
    return ServiceClasses(required=required, allowed=allowed)


def _fields(table: TomlTable) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({name: _field_words(table, name) for name in table.names()})


def _field_words(table: TomlTable, name: str) -> frozenset[str]:
    found = table.words(name)
    if name not in CLASSES:
        table.fault(name, "is not a data class")
    if not found or not all(FIELD.fullmatch(word) for word in found):
        table.fault(name, "must list at least one field, by its name")
    return frozenset(found)


def response(table: TomlTable) -> Mapping[Urgency, Allowance]:
    """How soon a referral is answered, for each urgency."""
    found = {urgency: allowance(table, urgency) for urgency in Urgency}
    table.close()
    return MappingProxyType(found)


def allowance(table: TomlTable, key: str) -> Allowance:
    """A time, in hours or in working days."""
    inner = table.table(key)
    unit = Unit.HOURS if inner.has("hours") else Unit.WORKING_DAYS
    found = Allowance(amount=inner.number(unit.replace("-", "_")), unit=unit)
    inner.close()
    return found


def first_contact(table: TomlTable) -> FirstContactRule:
    """How soon the person is reached."""
    found = FirstContactRule(
        days=table.number("working_days"),
        vulnerable_hours=table.number("vulnerable_hours"),
    )
    table.close()
    return found


def follow_up_months(top: TomlTable) -> tuple[int, ...]:
    """The months of the follow-ups, each later than the one before."""
    months = top.numbers("follow_up_months")
    if not months or list(months) != sorted(set(months)) or months[0] < 1 or months[-1] > MOST_MONTHS:
        top.fault("follow_up_months", f"must list months from 1 to {MOST_MONTHS}, each later than the one before")
    return months


def exception(top: TomlTable, retention: Mapping[str, int]) -> ExceptionRule:
    """What may move without consent; the life-saving classes that have a retention, if the text does not say."""
    if not top.has("exception"):
        return ExceptionRule(classes=LIFE_SAVING & retention.keys())
    table = top.table("exception")
    classes = _classes(table, "classes")
    for barred in sorted(classes - LIFE_SAVING):
        table.fault("classes", f"{barred} is not one of the classes that can save a life")
    if DataClass.IDENTITY_MIN not in classes:
        table.fault("classes", f"must hold {DataClass.IDENTITY_MIN}, without which nobody can be helped")
    hours = table.number("expiry_hours") if table.has("expiry_hours") else EXPIRY_HOURS
    if hours > MOST_EXPIRY_HOURS:
        table.fault("expiry_hours", f"must be at most {MOST_EXPIRY_HOURS}; an exception ends soon")
    table.close()
    return ExceptionRule(classes=classes, expiry_hours=hours)


def calendars(table: TomlTable) -> Mapping[Side, Calendar]:
    """When each side works."""
    found = {side: _calendar(table.table(side)) for side in Side}
    table.close()
    return MappingProxyType(found)


def _calendar(table: TomlTable) -> Calendar:
    calendar = Calendar(
        zone=_zone(table),
        weekend=_weekend(table),
        opens=table.clock("opens", time.min),
        closes=table.clock("closes", time.max),
        holidays=frozenset(table.days("holidays")),
    )
    for key in ("weekend", "holidays"):
        if not table.has(key):
            table.fault(key, "is missing; where there are none, write an empty list")
    if calendar.closes <= calendar.opens:
        table.fault("closes", "must be later than `opens`")
    table.close()
    return calendar


def _zone(table: TomlTable) -> ZoneInfo:
    name = table.text("zone")
    try:
        return ZoneInfo(name) if name else UTC_ZONE
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.fault("zone", "is not a zone of the IANA time zone database")
        return UTC_ZONE


def _weekend(table: TomlTable) -> frozenset[int]:
    words = table.words("weekend")
    if not set(words) <= set(WEEKDAYS) or len(words) >= DAYS_IN_WEEK:
        table.fault("weekend", "must list days of the week by their English names, and not all of them")
        return frozenset()
    return frozenset(WEEKDAYS.index(word) for word in words)


def retention(table: TomlTable) -> Mapping[str, int]:
    """How many days each class is kept."""
    for name in table.names():
        if name not in CLASSES:
            table.fault(name, "is not a data class")
    return MappingProxyType({name: table.number(name, least=0) for name in table.names()})
