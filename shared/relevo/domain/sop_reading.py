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
from relevo.domain.toml_table import Kind
from relevo.domain.working_time import DAYS_IN_WEEK, Calendar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.domain.toml_table import TomlTable

NODE_ID = Kind(pattern=re.compile(r"[a-z]{2}:[a-z0-9-]{1,32}"), named="a node id such as es:retorno")
WORD = Kind(pattern=re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), named="a word of small letters, digits and hyphens")
FIELD = Kind(pattern=re.compile(r"[a-z][a-z0-9_]*"), named="the name of a field such as return_type")
LANGUAGE = Kind(pattern=re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"), named="the tag of a language such as fr")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY = Kind(among=WEEKDAYS, named="a day of the week by its English name, such as friday")
BASIS = Kind(among=tuple(TransferBasis), named=f"one of {', '.join(TransferBasis)}")
CLASS = Kind(among=tuple(DataClass), named="a data class")
RETURNS = Kind(
    among=tuple(one for one in DataClass if one in RETURNING), named="a data class that an origin may return"
)
MOST_MONTHS = 120
UTC_ZONE = ZoneInfo("UTC")


def node_id(table: TomlTable, key: str) -> str:
    """A node id: two letters of a country, a colon, a slug."""
    return table.text(key, NODE_ID)


def word(table: TomlTable, key: str) -> str:
    """A kebab-case word."""
    return table.text(key, WORD)


def languages(top: TomlTable) -> tuple[str, ...]:
    """The languages of the consent sheets, by their tags."""
    return top.words("languages", LANGUAGE, least=1)


def transfer_basis(top: TomlTable) -> str:
    """One of the words of `TransferBasis`."""
    return top.text("transfer_basis", BASIS)


def _classes(table: TomlTable, key: str, kind: Kind = CLASS, *, least: int = 0) -> frozenset[str]:
    return frozenset(table.words(key, kind, least=least))


def _required_and_allowed(table: TomlTable, *, least: int = 0) -> tuple[frozenset[str], frozenset[str]]:
    required, allowed = _classes(table, "required", least=least), _classes(table, "allowed")
    for both in sorted(required & allowed):
        table.fault("allowed", f"{both} stands under required already")
    return required, allowed


def purposes(table: TomlTable) -> Mapping[str, Purpose]:
    """Every purpose, by its word."""
    return MappingProxyType({name: _purpose(table.table(name)) for name in table.names(WORD, least=1)})


def _purpose(table: TomlTable) -> Purpose:
    required, allowed = _required_and_allowed(table, least=1)
    purpose = Purpose(
        required=required,
        allowed=allowed,
        returns=_classes(table, "returns", RETURNS),
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
    return MappingProxyType({name: _service(table.table(name)) for name in table.names(WORD)})


def _service(table: TomlTable) -> ServiceClasses:
    required, allowed = _required_and_allowed(table)
    table.close()
    return ServiceClasses(required=required, allowed=allowed)


def _fields(table: TomlTable) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({name: frozenset(table.words(name, FIELD, least=1)) for name in table.names(CLASS)})


def response(table: TomlTable) -> Mapping[Urgency, Allowance]:
    """How soon a referral is answered, for each urgency."""
    found = {urgency: allowance(table, urgency) for urgency in Urgency}
    table.close()
    return MappingProxyType(found)


def allowance(table: TomlTable, key: str) -> Allowance:
    """A time, in hours or in working days."""
    inner = table.table(key)
    unit, amount = inner.either("hours", "working_days")
    found = Allowance(amount=amount, unit=Unit(unit.replace("_", "-")))
    inner.close()
    return found


def first_contact(table: TomlTable) -> FirstContactRule:
    """How soon the person is reached."""
    return FirstContactRule(days=table.number("working_days"), vulnerable_hours=table.number("vulnerable_hours"))


def follow_up_months(top: TomlTable) -> tuple[int, ...]:
    """The months of the follow-ups, each later than the one before."""
    return top.numbers("follow_up_months", least=1, most=MOST_MONTHS)


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
    words = table.words("weekend", WEEKDAY, needed=True)
    if len(words) >= DAYS_IN_WEEK:
        table.fault("weekend", "must leave at least one day of the week to work on")
        return frozenset()
    return frozenset(WEEKDAYS.index(word) for word in words)


def retention(table: TomlTable) -> Mapping[str, int]:
    """How many days each class is kept."""
    return MappingProxyType({name: table.number(name, least=0) for name in table.names(CLASS)})
