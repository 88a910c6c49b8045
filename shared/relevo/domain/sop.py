"""What a standard operating procedure says, as data that the software enforces.

A SOP is agreed by a pair of nodes, a host and an origin, and signed by both (handbook, section 4.1.3, step 4). It says
per purpose and service which data classes are required, which are allowed, and nothing else; how soon each side
acts; when each side works; how long each class is kept.

`parse_sop` makes it from TOML (the files in `shared/sops` show the form) or names every contradiction at once. A SOP in
force is never in doubt: unknown keys, unknown data classes, a class that is both required and merely allowed, a field
list for a class that does not move, a class that moves without a retention, a calendar that closes before it opens,
holidays outside the years covered: each is one `Reason` with its path. The digest and both signatures are over
the bytes of the text, elsewhere.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain import sop_reading as read
from relevo.domain.data_classes import DataClass
from relevo.domain.sop_parts import (
    Allowance,
    ExceptionRule,
    FirstContactRule,
    Purpose,
    ServiceClasses,
    TransferBasis,
    Unit,
)
from relevo.domain.sop_rules import AccessRule, ConsentRule, CostRule, RecordPart, Sheet
from relevo.domain.toml_table import ADVICE, RULE, TomlTable
from relevo.errors import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from relevo.domain.access import Role
    from relevo.domain.sides import Side, Urgency
    from relevo.domain.working_time import Calendar

__all__ = [
    "Allowance",
    "ExceptionRule",
    "FirstContactRule",
    "Purpose",
    "ServiceClasses",
    "Sop",
    "SopInvalid",
    "TransferBasis",
    "Unit",
    "parse_sop",
    "read_sop",
]


class SopInvalid(Refusal):
    """The procedure contradicts itself or is not understood."""

    code = "sop-invalid"
    rule = RULE
    advice = ADVICE


@dataclass(frozen=True, kw_only=True)
class Sop:
    """One version of a standard operating procedure between two nodes.

    `effective` is in UTC. `follow_up_months` count from the confirmed arrival. `grace_days` is how long after a
    successor took effect a referral made before may still arrive. `holidays_until` is the last date up to which the
    calendars know their holidays. `retention` gives days a class is kept after closing.
    `keep` gives days after the end for which a class must be kept even after a withdrawal. `access` has a rule for
    each role that the text names. `may_ask` says which classes each side may ask for later, `first_contact_asks` which
    the first contact asks for; `medication_days` is how long before the supply ends the origin is told to act, and
    `plan_months` how long after the arrival a plan is agreed.
    `exception` is what may move without consent (`relevo.domain.exception`); where the text has no such table it is the
    life-saving classes for which there is a retention, for 72 hours.
    """

    name: str
    version: int
    host: str
    origin: str
    programme: str
    effective: datetime
    languages: tuple[str, ...]
    transfer_basis: str
    purposes: Mapping[str, Purpose]
    response: Mapping[Urgency, Allowance]
    first_contact: FirstContactRule
    question: Allowance
    arrival_confirmation_hours: int
    follow_up_months: tuple[int, ...]
    calendars: Mapping[Side, Calendar]
    holidays_until: date
    grace_days: int
    retention: Mapping[str, int]
    exception: ExceptionRule
    consent: ConsentRule = field(default_factory=ConsentRule)
    access: Mapping[Side, Mapping[Role, AccessRule]] = field(default_factory=lambda: MappingProxyType({}))
    may_ask: Mapping[Side, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    keep: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    costs: CostRule | None = None
    record: frozenset[RecordPart] = frozenset(RecordPart)
    sheets: Mapping[str, Sheet] = field(default_factory=lambda: MappingProxyType({}))
    first_contact_asks: frozenset[str] = frozenset({DataClass.CONTACT})
    medication_days: int = 14
    plan_months: int = 1


@lru_cache(maxsize=64)
def parse_sop(text: str) -> Sop:
    """The SOP that `text` (TOML 1.0) says.

    Raises:
        SopInvalid: with one reason for each fault, `field` being its path in the document.
    """
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:  # tomllib lets both through for numbers and nesting without end
        raise SopInvalid(Reason(code="sop-invalid", field="sop", detail=str(fault), advice=ADVICE, rule=RULE)) from None
    faults: list[Reason] = []
    sop = read_sop(TomlTable(values, "", faults))
    if faults:
        raise SopInvalid(*faults)
    return sop


def read_sop(top: TomlTable) -> Sop:
    """What a document says; of use only if nothing was noted as a fault."""
    retention = read.retention(top.table("retention"))
    sop = Sop(
        name=read.word(top, "name"),
        version=top.number("version"),
        host=read.node_id(top, "host"),
        origin=read.node_id(top, "origin"),
        programme=top.text("programme"),
        effective=top.moment("effective"),
        languages=read.languages(top),
        transfer_basis=read.transfer_basis(top),
        purposes=read.purposes(top.table("purposes")),
        response=read.response(top.table("response")),
        first_contact=read.first_contact(top.table("first_contact")),
        question=read.allowance(top, "question"),
        arrival_confirmation_hours=top.number("arrival_confirmation_hours"),
        follow_up_months=read.follow_up_months(top),
        calendars=read.calendars(top.table("calendars")),
        holidays_until=top.day("holidays_until"),
        grace_days=top.number("grace_days", least=0),
        retention=retention,
        exception=read.exception(top, retention),
    )
    _check_whole(top, sop)
    top.close()
    return sop


def _check_whole(top: TomlTable, sop: Sop) -> None:
    """What no part can see by itself."""
    if sop.host and sop.host == sop.origin:
        top.fault("origin", "is the host itself")
    if sop.holidays_until < sop.effective.date():
        top.fault("holidays_until", "lies before the day on which the procedure takes effect")
    for side, calendar in sop.calendars.items():
        if not _within(calendar.holidays, sop.effective.year, sop.holidays_until):
            detail = "lie outside the year of `effective` up to `holidays_until`"
            top.fault(f"calendars.{side}.holidays", detail)
    for name in sorted(_moving(sop) - sop.retention.keys()):
        top.fault(f"retention.{name}", "is missing, though the class moves")


def _within(holidays: Iterable[date], first_year: int, last: date) -> bool:
    return all(day.year >= first_year and day <= last for day in holidays)


def _moving(sop: Sop) -> frozenset[str]:
    return sop.exception.classes.union(*(read.moving_for(one) | one.returns for one in sop.purposes.values()))
