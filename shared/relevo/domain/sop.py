"""What a standard operating procedure says, as data that the software enforces.

A SOP is agreed by a pair of nodes, a host and an origin, and signed by both (handbook, section 4.1.3, step 4). It says
per purpose and service which data classes are required, which are allowed, and nothing else; how soon each side
acts; when each side works; how long each class is kept.

`parse_sop` makes it from TOML (the files in `shared/sops` show the form) or names every contradiction at once. A SOP in
force is never in doubt: unknown keys, unknown data classes, a class that is both required and merely allowed, a field
list for a class that does not move, a class that moves without a retention, a calendar that closes before it opens,
holidays outside the years covered: each is one `Reason` with its path. The digest and both signatures are over
the bytes of the text, elsewhere.

What an older text need not say, and what then holds:

    [exception]       the life-saving classes for which there is a retention, for 72 hours
    [consent]         taken by those who handle cases, for 36 months at most, renewed 30 days before, adult from 18
    [access]          no rule: acts and roles alone decide; must be there if a purpose lets mental-health-risk move
    [may_ask]         no rule: whatever may move for the purpose may be asked for
    [keep]            nothing is kept after a withdrawal
    [costs]           None: there is no ceiling and no bearer to agree costs under
    [record]          all seven parts
    [sheets]          none: there is no approved sheet to print
    first_contact.asks, medication_days, plan_months     contact; 14; 1
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain import sop_reading as read
from relevo.domain import sop_rules_reading as rules
from relevo.domain.data_classes import DataClass
from relevo.domain.sop_checks import contradictions
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
from relevo.domain.toml_table import ADVICE, TomlTable
from relevo.errors import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
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
        raise SopInvalid(Reason(code="sop-invalid", field="sop", detail=str(fault), advice=ADVICE)) from None
    faults: list[Reason] = []
    sop = read_sop(TomlTable(values, "", faults))
    if faults:
        raise SopInvalid(*faults)
    return sop


def read_sop(top: TomlTable) -> Sop:
    """What a document says; of use only if nothing was noted as a fault."""
    retention = read.retention(top.table("retention"))
    contact = top.table("first_contact")
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
        first_contact=read.first_contact(contact),
        question=read.allowance(top, "question"),
        arrival_confirmation_hours=top.number("arrival_confirmation_hours"),
        follow_up_months=read.follow_up_months(top),
        calendars=read.calendars(top.table("calendars")),
        holidays_until=top.day("holidays_until"),
        grace_days=top.number("grace_days", least=0),
        retention=retention,
        exception=read.exception(top, retention),
        consent=rules.consent(top),
        access=rules.access(top),
        may_ask=rules.may_ask(top),
        keep=rules.keep(top),
        costs=rules.costs(top),
        record=rules.record(top),
        sheets=rules.sheets(top),
        first_contact_asks=rules.first_contact_asks(contact),
        medication_days=rules.medication_days(top),
        plan_months=rules.plan_months(top),
    )
    for path, detail in contradictions(sop):
        top.fault(path, detail)
    contact.close()
    top.close()
    return sop
