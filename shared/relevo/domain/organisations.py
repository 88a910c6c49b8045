"""Which organisation of the origin a requested service may be offered to, and what speaks for and against each.

    never        the consent names another, or withholds the person, or what the service cannot do without, from it;
                 not its mandate; it cannot keep a confidential case; it is not active
    with a reason that is recorded     no place left, another area, budget spent
    noted        nobody has checked for long whether what is written about it still holds

What the person forbids is never proposed and no reason lifts it. Places and money that are left are computed from what
an organisation has taken and are never less than nothing. Nothing here reads a clock or a database.

Source: Reintegration Handbook, 4.1.3 (referral mechanisms) and case study 15 (case management committee).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain import organisation_reasons as reasons
from relevo.domain.gate import EVERYTHING, is_binding
from relevo.domain.organisation_refusals import refusal
from relevo.domain.sop_rules import ANY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import date

    from relevo.domain.consent import Terms
    from relevo.errors import Reason

STALE_DAYS = 180
"""After so many days, what is written about an organisation counts as unchecked."""
NOTHING = Decimal(0)


class PersonKind(StrEnum):
    """A kind of person that a mandate may be limited to."""

    VULNERABLE = "vulnerable"
    MINOR = "minor"


class Fit(StrEnum):
    """Whether a service may be offered to an organisation."""

    FITS = "fits"
    WITH_REASON = "with-reason"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """What is known about an organisation of this node; `taken`, `committed` and `spent` are what it has on its hands.

    `services` are categories; `people` and `area` hold `any` where there is no limit. A category that is not in
    `places` has no limit either; `budget` is None where money is not counted here.
    """

    id: str
    title: str
    services: frozenset[str]
    people: frozenset[str] = frozenset({ANY})
    area: frozenset[str] = frozenset({ANY})
    places: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    taken: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    budget: Decimal | None = None
    currency: str | None = None
    committed: Decimal = NOTHING
    spent: Decimal = NOTHING
    languages: frozenset[str] = frozenset()
    confidential: bool = False
    active: bool = True
    checked_on: date

    def places_left(self, category: str) -> int | None:
        """How many more people it can take for this category; None if that is not limited."""
        limit = self.places.get(category)
        return None if limit is None else max(0, limit - self.taken.get(category, 0))

    def budget_left(self) -> Decimal | None:
        """What it can still promise; None if money is not counted here."""
        return None if self.budget is None else max(NOTHING, self.budget - self.committed - self.spent)


@dataclass(frozen=True, kw_only=True)
class Person:
    """What of a person matters to the choice; `place` is as free as addresses are, None where it is not known."""

    kinds: frozenset[str] = frozenset()
    place: str | None = None
    languages: frozenset[str] = frozenset()
    confidential: bool = False


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One organisation for one service, with what speaks for it, in sentences, and what speaks against it."""

    organisation: Organisation
    reasons_for: tuple[str, ...]
    against: tuple[Reason, ...]

    @property
    def fit(self) -> Fit:
        """Whether the service may be offered here."""
        codes = {reason.code for reason in self.against} - NOTED
        if codes - WITH_REASON:
            return Fit.NEVER
        return Fit.WITH_REASON if codes else Fit.FITS

    def require(self, because: str | None) -> Proposal:
        """This proposal, if the service may be offered here, or may be for the reason that was given.

        Raises:
            OrganisationUnfit: or the class of it that belongs to the first reason against.
        """
        against = [reason for reason in self.against if reason.code not in NOTED]
        never = [reason for reason in against if reason.code not in WITH_REASON]
        if never or (against and not because):
            raise refusal(*(never or against))
        return self


WITH_REASON = frozenset({"organisation-full", "outside-area", "organisation-budget-spent"})
NOTED = frozenset({"organisation-check-stale"})


def category_of(service: str) -> str:
    """The category of a requested service: `housing` of `housing:two-rooms`."""
    return service.partition(":")[0]


def is_called(words: str, organisation: str) -> bool:
    """Whether these words of a consent mean this organisation: its name, or the part of it behind the node's."""
    slug = organisation.partition("/")[2]
    return words.strip().casefold() in {organisation, slug, slug.replace("-", " ")}


def withheld_from(terms: Terms, organisation: str) -> frozenset[str]:
    """What the person withholds from an organisation, in the words of the consent."""
    return frozenset(one.what.strip() for one in terms.withhold if is_called(one.from_whom, organisation))


def consent_bars(terms: Terms, organisation: str, required: Collection[str]) -> Iterator[Reason]:
    """Why the person's consent keeps a service from an organisation; `required` are classes it cannot do without.

    What is withheld comes first, for its advice is never to ask the person about that organisation.
    """
    withheld = withheld_from(terms, organisation)
    if withheld & {EVERYTHING, *required}:
        yield reasons.WITHHELD
    if terms.organisation not in (None, organisation):
        yield reasons.NOT_AGREED
    if not all(map(is_binding, withheld)):
        yield reasons.UNCLEAR


def judge(
    service: str, person: Person, organisation: Organisation, terms: Terms, *, required: Collection[str], today: date
) -> Proposal:
    """What speaks for and against offering `service` to `organisation`.

    Args:
        service: as requested, `category` or `category:detail`.
        person: what of the person matters.
        organisation: with what it has on its hands now.
        terms: of the consent under which the referral moves.
        required: the classes that the procedure requires for this service beyond its purpose.
        today: in UTC.
    """
    category = category_of(service)
    against = (
        *consent_bars(terms, organisation.id, required),
        *_mandate_bars(category, person, organisation),
        *_burden(category, organisation),
        *_area_bars(person, organisation),
        *_staleness(organisation, today),
    )
    barred = {reason.field for reason in against}
    sentences = tuple(text for name, text in _merits(category, person, organisation) if name not in barred)
    agreed = ("The person named this organisation.",) if terms.organisation == organisation.id else ()
    return Proposal(organisation=organisation, reasons_for=(*agreed, *sentences), against=against)


def propose(
    service: str,
    person: Person,
    organisations: Iterable[Organisation],
    terms: Terms,
    *,
    required: Collection[str],
    today: date,
) -> tuple[Proposal, ...]:
    """The organisations to which `service` may be offered, the best first; what must never be is not among them."""
    judged = (judge(service, person, one, terms, required=required, today=today) for one in organisations)
    return tuple(sorted((one for one in judged if one.fit is not Fit.NEVER), key=_rank))


def _rank(one: Proposal) -> tuple[bool, int, int, str]:
    return one.fit is not Fit.FITS, len(one.against), -len(one.reasons_for), one.organisation.id


def _mandate_bars(category: str, person: Person, organisation: Organisation) -> Iterator[Reason]:
    if category not in organisation.services:
        yield reasons.outside_mandate("it does not offer this service")
    elif ANY not in organisation.people and not person.kinds & organisation.people:
        yield reasons.outside_mandate(f"it works only for people who are {_listed(organisation.people)}")
    if person.confidential and not organisation.confidential:
        yield reasons.NOT_CONFIDENTIAL
    if not organisation.active:
        yield reasons.INACTIVE


def _burden(category: str, organisation: Organisation) -> Iterator[Reason]:
    if organisation.places_left(category) == 0:
        yield reasons.FULL
    if organisation.budget_left() == NOTHING:
        yield reasons.BUDGET_SPENT


def _area_bars(person: Person, organisation: Organisation) -> Iterator[Reason]:
    if person.place and not serves(organisation.area, person.place):
        yield reasons.outside_area(organisation.area)


def serves(area: Collection[str], place: str) -> bool:
    """Whether a place lies in an area: one part of it, between commas, is a place of the area."""
    parts = {part.strip().casefold() for part in place.split(",")}
    return ANY in area or any(one.casefold() in parts for one in area)


def _staleness(organisation: Organisation, today: date) -> Iterator[Reason]:
    if (today - organisation.checked_on).days > STALE_DAYS:
        yield reasons.stale(organisation.checked_on)


def _merits(category: str, person: Person, organisation: Organisation) -> Iterator[tuple[str, str]]:
    """The field that each sentence is about, and the sentence."""
    yield "mandate", f"Its mandate covers {category}."
    left, money = organisation.places_left(category), organisation.budget_left()
    if left is not None:
        yield "capacity", f"Places left for {category}: {left}."
    if person.place and ANY not in organisation.area:
        yield "area", "It works where the person will live."
    if money is not None:
        yield "budget", f"Budget left: {money} {organisation.currency}."
    if shared := sorted(person.languages & organisation.languages):
        yield "languages", f"It speaks {_listed(shared)}."


def _listed(words: Iterable[str]) -> str:
    return " or ".join(sorted(words))
