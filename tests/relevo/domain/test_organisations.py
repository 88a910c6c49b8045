"""Who may be offered what: the mandate, the place, the burden, and above all what the person said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from relevo.domain.consent import Terms, Withheld
from relevo.domain.organisation_refusals import OrganisationUnfit
from relevo.domain.organisations import Fit, Organisation, Person, PersonKind, Proposal, judge, propose, serves

TODAY = date(2026, 11, 23)
SHELTER = Organisation(
    id="ge:dabruneba/shelter",
    title="Shelter",
    services=frozenset({"safe-housing"}),
    area=frozenset({"Tbilisi"}),
    places={"safe-housing": 2},
    taken={"safe-housing": 1},
    budget=Decimal("100.00"),
    currency="GEL",
    committed=Decimal("40.00"),
    spent=Decimal("10.50"),
    languages=frozenset({"ka"}),
    confidential=True,
    checked_on=date(2026, 11, 1),
)
PERSON = Person(place="Vake, Tbilisi", languages=frozenset({"ka", "ru"}), confidential=True)
TERMS = Terms(
    purpose="reintegration-assistance",
    receiver="ge:dabruneba",
    classes=frozenset({"identity-min", "contact", "needs"}),
    expires_on=date(2027, 8, 18),
)


def judged(
    organisation: Organisation = SHELTER,
    person: Person = PERSON,
    terms: Terms = TERMS,
    service: str = "safe-housing:one-room",
) -> Proposal:
    return judge(service, person, organisation, terms, required=frozenset({"travel"}), today=TODAY)


def withheld(what: str, from_whom: str = SHELTER.id) -> Terms:
    return replace(TERMS, withhold=(Withheld(what, from_whom),))


def test_what_speaks_for_an_organisation_is_told_in_sentences() -> None:
    found = judged(terms=replace(TERMS, organisation=SHELTER.id))
    assert (found.fit, found.against) == (Fit.FITS, ())
    assert found.reasons_for == (
        "The person named this organisation.",
        "Its mandate covers safe-housing.",
        "Places left for safe-housing: 1.",
        "It works where the person will live.",
        "Budget left: 49.50 GEL.",
        "It speaks ka.",
    )


AGAINST: Mapping[str, tuple[Proposal, str, Fit]] = {
    "the consent names another": (
        judged(terms=replace(TERMS, organisation="ge:dabruneba/other")),
        "organisation-not-agreed",
        Fit.NEVER,
    ),
    "everything is withheld from it": (judged(terms=withheld("everything")), "organisation-withheld", Fit.NEVER),
    "what the service cannot do without is withheld from it": (
        judged(terms=withheld("travel")),
        "organisation-withheld",
        Fit.NEVER,
    ),
    "it is withheld by a name without the node's": (
        judged(terms=withheld("everything", " Shelter ")),
        "organisation-withheld",
        Fit.NEVER,
    ),
    "something is withheld in words that nobody can follow": (
        judged(terms=withheld("psychosocial needs")),
        "organisation-withhold-unclear",
        Fit.NEVER,
    ),
    "another service": (judged(service="housing"), "outside-mandate", Fit.NEVER),
    "another kind of person": (
        judged(replace(SHELTER, people=frozenset({PersonKind.MINOR}))),
        "outside-mandate",
        Fit.NEVER,
    ),
    "it cannot keep a confidential case": (
        judged(replace(SHELTER, confidential=False)),
        "organisation-not-confidential",
        Fit.NEVER,
    ),
    "it takes nobody at present": (judged(replace(SHELTER, active=False)), "organisation-inactive", Fit.NEVER),
    "no place left": (
        judged(replace(SHELTER, taken={"safe-housing": 3})),
        "organisation-full",
        Fit.WITH_REASON,
    ),
    "no money left": (
        judged(replace(SHELTER, spent=Decimal(90))),
        "organisation-budget-spent",
        Fit.WITH_REASON,
    ),
    "another area": (judged(person=replace(PERSON, place="Kutaisi")), "outside-area", Fit.WITH_REASON),
    "nobody has checked for long": (
        judged(replace(SHELTER, checked_on=date(2026, 3, 1))),
        "organisation-check-stale",
        Fit.FITS,
    ),
}


@pytest.mark.parametrize(("found", "code", "fit"), AGAINST.values(), ids=AGAINST)
def test_against_it_speaks_that(found: Proposal, code: str, fit: Fit) -> None:
    assert ([reason.code for reason in found.against], found.fit) == ([code], fit)


NEVER = {name: found for name, (found, _, fit) in AGAINST.items() if fit is Fit.NEVER}
LIFTED = {name: found for name, (found, _, fit) in AGAINST.items() if fit is Fit.WITH_REASON}


@pytest.mark.parametrize("found", NEVER.values(), ids=NEVER)
def test_no_reason_lifts_that(found: Proposal) -> None:
    for because in (None, "We know them well"):
        with pytest.raises(OrganisationUnfit):
            found.require(because)


@pytest.mark.parametrize("found", LIFTED.values(), ids=LIFTED)
def test_a_reason_that_is_recorded_lifts_that(found: Proposal) -> None:
    with pytest.raises(OrganisationUnfit) as refusal:
        found.require(None)
    assert refusal.value.reasons == found.against
    assert found.require("They made room").fit is Fit.WITH_REASON


def test_withholding_some_class_from_it_or_anything_from_others_does_not_stop_an_offer() -> None:
    assert judged(terms=withheld("vulnerability")).fit is Fit.FITS
    assert judged(terms=withheld("everything", "ge:dabruneba/municipality-kutaisi")).fit is Fit.FITS


def test_the_best_comes_first_and_what_must_never_be_is_not_proposed() -> None:
    others = [
        replace(SHELTER, id="ge:dabruneba/a-full-one", taken={"safe-housing": 2}),
        replace(SHELTER, id="ge:dabruneba/b-quiet-one", languages=frozenset()),
        replace(SHELTER, id="ge:dabruneba/c-withheld-one"),
    ]
    terms = withheld("everything", "ge:dabruneba/c-withheld-one")
    found = propose("safe-housing", PERSON, [*others, SHELTER], terms, required=frozenset(), today=TODAY)
    assert [one.organisation.id.rpartition("/")[2] for one in found] == ["shelter", "b-quiet-one", "a-full-one"]


def test_a_place_is_one_part_of_an_address() -> None:
    assert serves({"abidjan"}, "Yopougon, quartier Niangon Nord, Abidjan")
    assert not serves({"Nord"}, "Yopougon, quartier Niangon Nord, Abidjan")
    assert serves({"any"}, "anywhere")


@given(
    places=some.integers(0, 5),
    taken=some.integers(0, 9),
    money=some.tuples(*[some.decimals(0, 999, places=2) for _ in range(3)]),
)
def test_what_is_left_is_never_less_than_nothing(
    places: int, taken: int, money: tuple[Decimal, Decimal, Decimal]
) -> None:
    budget, committed, spent = money
    burdened = replace(SHELTER, places={"safe-housing": places}, taken={"safe-housing": taken})
    one = replace(burdened, budget=budget, committed=committed, spent=spent)
    left, money_left = one.places_left("safe-housing"), one.budget_left()
    assert left == max(0, places - taken)
    assert money_left is not None
    assert money_left >= 0
    assert (judged(one).fit is Fit.FITS) == (left > 0 and money_left > 0)
