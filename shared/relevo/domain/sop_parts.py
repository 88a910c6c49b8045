"""The parts of a standard operating procedure: purposes with their data classes, and times that somebody may take.

`Purpose` answers which classes a referral for some services must and may carry; `Allowance` answers when a time runs
out. `relevo.domain.sop` puts them together and hands their names on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.domain.data_classes import DataClass
from relevo.domain.working_time import after_hours, after_working_days

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from relevo.domain.working_time import Calendar


LIFE_SAVING = frozenset(
    {
        DataClass.IDENTITY_MIN,
        DataClass.CONTACT,
        DataClass.TRAVEL,
        DataClass.HEALTH_SUMMARY,
        DataClass.MEDICATION,
        DataClass.MENTAL_HEALTH_RISK,
    }
)
"""What can save a life; a procedure may let less of it move without consent, and never more."""

EXPIRY_HOURS = 72
MOST_EXPIRY_HOURS = 168


class Unit(StrEnum):
    """What an allowance counts."""

    HOURS = "hours"
    WORKING_DAYS = "working-days"


class TransferBasis(StrEnum):
    """On what legal basis personal data crosses the border (GDPR, chapter V)."""

    ADEQUACY = "adequacy"
    SAFEGUARDS = "safeguards"
    AGREEMENT = "agreement"
    PUBLIC_INTEREST = "public-interest"
    CONSENT = "consent"


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """How long somebody may take."""

    amount: int
    unit: Unit

    def ends(self, started: datetime, calendar: Calendar) -> datetime:
        """The moment, in UTC, at which it has run out for whoever works by `calendar`."""
        if self.unit is Unit.HOURS:
            return after_hours(started, self.amount)
        return after_working_days(started, self.amount, calendar)


@dataclass(frozen=True, kw_only=True)
class FirstContactRule:
    """How soon after the confirmed arrival somebody must be reached: working days, or clock hours if vulnerable."""

    days: int
    vulnerable_hours: int

    def allowance(self, *, vulnerable: bool) -> Allowance:
        """The time for this person."""
        if vulnerable:
            return Allowance(amount=self.vulnerable_hours, unit=Unit.HOURS)
        return Allowance(amount=self.days, unit=Unit.WORKING_DAYS)


@dataclass(frozen=True, kw_only=True)
class ExceptionRule:
    """What may move without consent where a life is in danger, and for how many hours after that was raised."""

    classes: frozenset[str]
    expiry_hours: int = EXPIRY_HOURS


@dataclass(frozen=True, kw_only=True)
class ServiceClasses:
    """What one service category needs beyond its purpose."""

    required: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """Which data classes may move for one purpose, and which may come back.

    `allowed` are those beyond `required`. `fields` narrows a class to some of its fields; a class that is not in it
    may move whole. The terms of the consent always move.
    """

    required: frozenset[str]
    allowed: frozenset[str]
    returns: frozenset[str]
    services: Mapping[str, ServiceClasses]
    fields: Mapping[str, frozenset[str]]

    def required_classes(self, services: Iterable[str]) -> frozenset[str]:
        """The classes that a referral for `services` must carry."""
        return self.required.union(*(one.required for one in self._categories(services)))

    def requiring(self, data_class: str, services: Iterable[str]) -> str:
        """Where the text of the purpose requires a class: `required`, or the first service that does."""
        categories = (service.partition(":")[0] for service in services)
        naming = (name for name in categories if name in self.services and data_class in self.services[name].required)
        return "required" if data_class in self.required else f"services.{next(naming, '*')}.required"

    def allowed_classes(self, services: Iterable[str]) -> frozenset[str]:
        """The classes that a referral for `services` may carry: required, allowed, and the consent's terms."""
        wanted = tuple(services)
        optional = self.allowed.union(*(one.allowed for one in self._categories(wanted)))
        return self.required_classes(wanted) | optional | {DataClass.CONSENT}

    def allows_field(self, data_class: str, field: str) -> bool:
        """Whether `field` may move with its class."""
        return data_class not in self.fields or field in self.fields[data_class]

    def _categories(self, services: Iterable[str]) -> Iterator[ServiceClasses]:
        for service in services:
            category = service.partition(":")[0]
            if category in self.services:
                yield self.services[category]
