"""The rules of a standard operating procedure beyond what moves: consent, access, costs, the record, the sheets.

Each is what one table of the text says; where a text has no such table, the values here stand. `relevo.domain.sop`
reads them and hands them on. `ROLES` says who there is on each side; nobody but these can be named in a SOP.

Source: Reintegration Handbook, 4.1.3 (step 4: the six parts of a SOP) and 4.2.1 (who may enter and consult which data).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.access import Role
from relevo.domain.sides import Side

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

ANY = "any"
"""The kind of person, or the type of return, that stands for all others."""


RETURN_TYPES = ("voluntary", "assisted-voluntary", "spontaneous", "forced")
"""The words of the class `travel` for how somebody comes to return."""

ROLES: Mapping[Side, frozenset[Role]] = MappingProxyType(
    {
        Side.HOST: frozenset({Role.COUNSELLOR, Role.COORDINATOR, Role.CLINICIAN, Role.AUDITOR, Role.ADMINISTRATOR}),
        Side.ORIGIN: frozenset({Role.INTAKE, Role.CASE_WORKER, Role.CLINICIAN, Role.AUDITOR, Role.ADMINISTRATOR}),
    }
)


class Person(StrEnum):
    """The kinds of person for whom a SOP may set a ceiling; who is several has the highest of theirs."""

    VULNERABLE = "vulnerable"
    MINOR = "minor"
    ANY = ANY


class CostCategory(StrEnum):
    """What money is spent on, as far as a SOP says who bears it."""

    HOUSING = "housing"
    MEDICAL = "medical"
    MEDICAL_EQUIPMENT = "medical-equipment"
    HOME_CARE = "home-care"
    ONWARD_TRANSPORT = "onward-transport"
    EDUCATION = "education"
    TRAINING = "training"
    BUSINESS = "business"
    LEGAL = "legal"
    DOCUMENTS = "documents"
    COUNSELLING = "counselling"
    OTHER = "other"


class RecordPart(StrEnum):
    """The seven parts of a complete record."""

    CONTACTS = "contacts"
    ASSESSMENTS = "assessments"
    PLAN = "plan"
    MONITORING = "monitoring"
    COMMUNICATION = "communication"
    COMMENTS = "comments"
    OTHER = "other"


class Bearer(StrEnum):
    """Who bears a cost."""

    HOST = "host"
    ORIGIN = "origin"
    PERSON = "person"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class ConsentRule:
    """How consent is taken: by whom on each side, for how long at most, and how long before its end it is renewed.

    `adult_from` is the age, in years, from which somebody consents alone.
    """

    takers: Mapping[Side, frozenset[Role]] = field(
        default_factory=lambda: MappingProxyType(
            {
                Side.HOST: frozenset({Role.COUNSELLOR, Role.COORDINATOR}),
                Side.ORIGIN: frozenset({Role.INTAKE, Role.CASE_WORKER}),
            }
        )
    )
    longest_months: int = 36
    renewal_days: int = 30
    adult_from: int = 18


@dataclass(frozen=True, kw_only=True)
class AccessRule:
    """Which data classes somebody in one role may enter, and which they may consult."""

    enter: frozenset[str] = frozenset()
    consult: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """The most that may be spent on one person of a kind (`vulnerable`, `minor`, `any`) and type of return."""

    person: str = ANY
    return_type: str = ANY
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class CostRule:
    """The currency, the ceilings, and who bears which category of costs (`housing`, `medical`, …)."""

    currency: str
    ceilings: tuple[Ceiling, ...] = ()
    borne_by: Mapping[str, Bearer] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The text of a consent sheet in one language, as both sides approved it."""

    title: str
    body: str
    risks: str
    withdrawing: str
