"""Reads the rules of a standard operating procedure beyond what moves: consent, access, costs, the record, the sheets.

A text need not have these tables, so that what was agreed before there were any keeps its meaning: what then stands is
written in `relevo.domain.sop_rules`. A table that is there is complete: whoever begins one says all of it.
What contradicts another table is found in `relevo.domain.sop_checks`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.access import MAY, Act, Role
from relevo.domain.data_classes import DataClass
from relevo.domain.sides import Side
from relevo.domain.sop_reading import CLASS, LANGUAGE, MOST_MONTHS
from relevo.domain.sop_rules import (
    ANY,
    RETURN_TYPES,
    ROLES,
    AccessRule,
    Bearer,
    Ceiling,
    ConsentRule,
    CostCategory,
    CostRule,
    Person,
    RecordPart,
    Sheet,
)
from relevo.domain.toml_table import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.domain.toml_table import TomlTable

CURRENCY = Kind(pattern=re.compile(r"[A-Z]{3}"), named="the code of a currency such as EUR")
AMOUNT = Kind(
    pattern=re.compile(r"(?!0+(\.0+)?$)[0-9]{1,9}(\.[0-9]{1,2})?"),
    named='an amount above nothing, written as text with a point, such as "2000.00"',
)
PROSE = Kind(pattern=re.compile(r"\s*\S[\s\S]*"), named="a text that says something")
PERSON = Kind(among=tuple(Person), named=f"one of {', '.join(Person)}")
RETURN_TYPE = Kind(among=(*RETURN_TYPES, ANY), named=f"one of {', '.join((*RETURN_TYPES, ANY))}")
CATEGORY = Kind(among=tuple(CostCategory), named=f"a category of costs: {', '.join(CostCategory)}")
BEARER = Kind(among=tuple(Bearer), named=f"one of {', '.join(Bearer)}")
PART = Kind(among=tuple(RecordPart), named=f"a part of the record: {', '.join(RecordPart)}")
YOUNGEST, OLDEST = 14, 21
LONGEST_NOTICE = 365


def _kind(side: Side, roles: frozenset[Role], what: str) -> Kind:
    here = sorted(ROLES[side] & roles)
    return Kind(among=tuple(here), named=f"a role that {what} at the {side}: {', '.join(here)}")


ROLE = {side: _kind(side, frozenset(Role), "there is") for side in Side}
TAKER = {side: _kind(side, MAY[Act.RECORD_CONSENT], "takes consent") for side in Side}


def consent(top: TomlTable) -> ConsentRule:
    """How consent is taken."""
    if not top.has("consent"):
        return ConsentRule()
    table = top.table("consent")
    takers = table.table("takers")
    rule = ConsentRule(
        takers=MappingProxyType({side: _roles(takers.words(side, TAKER[side], least=1)) for side in Side}),
        longest_months=table.number("longest_months", most=MOST_MONTHS),
        renewal_days=table.number("renewal_days", most=LONGEST_NOTICE),
        adult_from=table.number("adult_from", least=YOUNGEST, most=OLDEST),
    )
    takers.close()
    table.close()
    return rule


def _roles(words: tuple[str, ...]) -> frozenset[Role]:
    return frozenset(Role(word) for word in words)


def access(top: TomlTable) -> Mapping[Side, Mapping[Role, AccessRule]]:
    """Who may enter and who may consult which class, on each side; empty if the text does not say."""
    if not top.has("access"):
        return MappingProxyType({})
    table = top.table("access")
    found = {side: _access_of(table.table(side), ROLE[side]) for side in Side}
    table.close()
    return MappingProxyType(found)


def _access_of(table: TomlTable, role: Kind) -> Mapping[Role, AccessRule]:
    rules = {name: _access_rule(table.table(name)) for name in table.names(role, least=1)}
    return MappingProxyType({Role(name): rule for name, rule in rules.items() if role.fits(name)})


def _access_rule(table: TomlTable) -> AccessRule:
    rule = AccessRule(enter=_classes(table, "enter"), consult=_classes(table, "consult"))
    table.close()
    return rule


def may_ask(top: TomlTable) -> Mapping[Side, frozenset[str]]:
    """Which classes each side may ask the other for later; empty if the text does not say."""
    if not top.has("may_ask"):
        return MappingProxyType({})
    table = top.table("may_ask")
    found = {side: _classes(table, side) for side in Side}
    table.close()
    return MappingProxyType(found)


def keep(top: TomlTable) -> Mapping[str, int]:
    """For how many days after the end a class must be kept even after a withdrawal; nothing if the text is silent."""
    table = top.optional_table("keep")
    return MappingProxyType({name: table.number(name) for name in table.names(CLASS)})


def costs(top: TomlTable) -> CostRule | None:
    """Currency, ceilings, and who bears what; None if the text does not speak of costs."""
    if not top.has("costs"):
        return None
    table = top.table("costs")
    borne_by = table.table("borne_by")
    bearers = {name: borne_by.text(name, BEARER) for name in borne_by.names(CATEGORY, least=1)}
    rule = CostRule(
        currency=table.text("currency", CURRENCY),
        ceilings=tuple(_ceiling(one) for one in table.tables("ceilings")),
        borne_by=MappingProxyType({name: Bearer(bearer) for name, bearer in bearers.items() if BEARER.fits(bearer)}),
    )
    table.close()
    return rule


def _ceiling(table: TomlTable) -> Ceiling:
    amount = table.text("amount", AMOUNT)
    ceiling = Ceiling(
        person=table.text("person", PERSON) if table.has("person") else ANY,
        return_type=table.text("return_type", RETURN_TYPE) if table.has("return_type") else ANY,
        amount=Decimal(amount) if AMOUNT.fits(amount) else Decimal(1),
    )
    table.close()
    return ceiling


def record(top: TomlTable) -> frozenset[RecordPart]:
    """The parts of a complete record; all seven if the text does not say."""
    if not top.has("record"):
        return frozenset(RecordPart)
    table = top.table("record")
    parts = frozenset(RecordPart(word) for word in table.words("parts", PART, least=1))
    table.close()
    return parts


def sheets(top: TomlTable) -> Mapping[str, Sheet]:
    """The text of the consent sheet in each language; none if the text has none."""
    table = top.optional_table("sheets")
    return MappingProxyType({name: _sheet(table.table(name)) for name in table.names(LANGUAGE)})


def _sheet(table: TomlTable) -> Sheet:
    sheet = Sheet(
        title=table.text("title", PROSE),
        body=table.text("body", PROSE),
        risks=table.text("risks", PROSE),
        withdrawing=table.text("withdrawing", PROSE),
    )
    table.close()
    return sheet


def first_contact_asks(first_contact: TomlTable) -> frozenset[str]:
    """What the first contact asks for: how the person is reached, if the text does not say."""
    if not first_contact.has("asks"):
        return frozenset({DataClass.CONTACT})
    return frozenset(first_contact.words("asks", CLASS, least=1))


def medication_days(top: TomlTable) -> int:
    """How many days before the supply ends the origin is told to act."""
    return top.number("medication_days", most=LONGEST_NOTICE) if top.has("medication_days") else 14


def plan_months(top: TomlTable) -> int:
    """How many months after the arrival a plan is agreed."""
    return top.number("plan_months", most=MOST_MONTHS) if top.has("plan_months") else 1


def _classes(table: TomlTable, key: str) -> frozenset[str]:
    return frozenset(table.words(key, CLASS, needed=True))
