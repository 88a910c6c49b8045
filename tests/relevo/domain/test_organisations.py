"""Who may be offered what: the mandate, the place, the burden, and above all what the person said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from relevo.domain.consent import Terms, Withheld
from relevo.domain.organisation_refusals import OrganisationUnfit
from relevo.domain.organisations import (
    Fit,
    Organisation,
    Person,
    PersonKind,
    Proposal,
    is_called,
    judge,
    propose,
    serves,
)
from support.wording import said

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
KUTAISI = replace(PERSON, place="Kutaisi")
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


AGAINST: Mapping[str, tuple[dict[str, Any], tuple[str, str], str, Fit]] = {
    "the consent names another": (
        {"terms": replace(TERMS, organisation="ge:dabruneba/other")},
        ("organisation-not-agreed", "organisation"),
        "names another organisation",
        Fit.NEVER,
    ),
    "everything is withheld from it": (
        {"terms": withheld("everything")},
        ("organisation-withheld", "organisation"),
        "would need to know",
        Fit.NEVER,
    ),
    "what the service cannot do without is withheld from it": (
        {"terms": withheld("travel")},
        ("organisation-withheld", "organisation"),
        "would need to know",
        Fit.NEVER,
    ),
    "it is withheld by a name without the node's": (
        {"terms": withheld(" everything ", " Shelter ")},
        ("organisation-withheld", "organisation"),
        "would need to know",
        Fit.NEVER,
    ),
    "something is withheld in words that nobody can follow": (
        {"terms": withheld("psychosocial needs")},
        ("organisation-withhold-unclear", "organisation"),
        "no data class or field",
        Fit.NEVER,
    ),
    "another service": (
        {"service": "housing"},
        ("outside-mandate", "mandate"),
        "does not offer this service",
        Fit.NEVER,
    ),
    "other kinds of person": (
        {"organisation": replace(SHELTER, people=frozenset(PersonKind))},
        ("outside-mandate", "mandate"),
        "works only for people who are minor or vulnerable",
        Fit.NEVER,
    ),
    "another kind than this person's": (
        {
            "organisation": replace(SHELTER, people=frozenset({PersonKind.MINOR})),
            "person": replace(PERSON, kinds=frozenset({PersonKind.VULNERABLE})),
        },
        ("outside-mandate", "mandate"),
        "works only for people who are minor",
        Fit.NEVER,
    ),
    "it cannot keep a confidential case": (
        {"organisation": replace(SHELTER, confidential=False)},
        ("organisation-not-confidential", "confidential"),
        "is not known to keep one so",
        Fit.NEVER,
    ),
    "it takes nobody at present": (
        {"organisation": replace(SHELTER, active=False)},
        ("organisation-inactive", "active"),
        "takes nobody",
        Fit.NEVER,
    ),
    "no place left": (
        {"organisation": replace(SHELTER, taken={"safe-housing": 3})},
        ("organisation-full", "capacity"),
        "no place left for this service",
        Fit.WITH_REASON,
    ),
    "no money left": (
        {"organisation": replace(SHELTER, spent=Decimal(90))},
        ("organisation-budget-spent", "budget"),
        "promised or spent",
        Fit.WITH_REASON,
    ),
    "other areas": (
        {"organisation": replace(SHELTER, area=frozenset({"Tbilisi", "Gori"})), "person": KUTAISI},
        ("outside-area", "area"),
        "it works in Gori, Tbilisi",
        Fit.WITH_REASON,
    ),
    "nobody has checked for long": (
        {"organisation": replace(SHELTER, checked_on=TODAY - timedelta(days=181))},
        ("organisation-check-stale", "checked_on"),
        "last checked on 2026-05-26",
        Fit.FITS,
    ),
}


@pytest.mark.parametrize(("case", "reason", "detail", "fit"), AGAINST.values(), ids=AGAINST)
def test_against_it_speaks_that(case: dict[str, Any], reason: tuple[str, str], detail: str, fit: Fit) -> None:
    found = judged(**case)
    assert (said(found.against), found.fit) == ([reason], fit)
    assert detail in found.against[0].detail
    assert ("Its mandate covers" in found.reasons_for[0]) is (reason[1] != "mandate")


NEVER = {name: case for name, (case, _, _, fit) in AGAINST.items() if fit is Fit.NEVER}
LIFTED = {name: case for name, (case, _, _, fit) in AGAINST.items() if fit is Fit.WITH_REASON}


@pytest.mark.parametrize("case", NEVER.values(), ids=NEVER)
def test_no_reason_lifts_that(case: dict[str, Any]) -> None:
    for because in (None, "We know them well"):
        with pytest.raises(OrganisationUnfit) as refusal:
            judged(**case).require(because)
        assert refusal.value.reasons == judged(**case).against


@pytest.mark.parametrize("case", LIFTED.values(), ids=LIFTED)
def test_a_reason_that_is_recorded_lifts_that(case: dict[str, Any]) -> None:
    found = judged(**case)
    with pytest.raises(OrganisationUnfit) as refusal:
        found.require(None)
    assert refusal.value.reasons == found.against
    assert found.require("They made room") is found


CODES = {"outside-area", "outside-mandate", "organisation-full", "organisation-not-agreed", "organisation-withheld"}


@pytest.mark.parametrize("name", AGAINST)
def test_the_refusal_is_named_by_the_first_reason(name: str) -> None:
    case, (code, _), _, fit = AGAINST[name]
    if fit is not Fit.FITS:
        with pytest.raises(OrganisationUnfit) as refusal:
            judged(**case).require(None)
        assert refusal.value.code == (code if code in CODES else "organisation-unfit")


def test_what_must_never_be_is_refused_without_what_a_reason_could_lift() -> None:
    found = judged(replace(SHELTER, active=False, taken={"safe-housing": 2}, checked_on=date(2025, 1, 1)))
    assert {one.code for one in found.against} == {
        "organisation-inactive",
        "organisation-full",
        "organisation-check-stale",
    }
    with pytest.raises(OrganisationUnfit) as refusal:
        found.require("They made room")
    assert [one.code for one in refusal.value.reasons] == ["organisation-inactive"]


def test_what_is_only_noted_needs_no_reason() -> None:
    found = judged(replace(SHELTER, checked_on=date(2025, 1, 1)))
    assert found.require(None) is found
    assert judged(replace(SHELTER, checked_on=TODAY - timedelta(days=180))).against == ()


def test_what_speaks_against_an_organisation_is_not_told_for_it() -> None:
    found = judged(replace(SHELTER, taken={"safe-housing": 2}, committed=Decimal(100)), KUTAISI)
    assert found.reasons_for == ("Its mandate covers safe-housing.", "It speaks ka.")


def test_what_is_not_counted_is_not_told() -> None:
    boundless = replace(SHELTER, places={}, budget=None, area=frozenset({"any"}), languages=frozenset({"ka", "ru"}))
    assert judged(boundless).reasons_for == ("Its mandate covers safe-housing.", "It speaks ka or ru.")
    assert judged(boundless).against == ()
    assert judged(SHELTER, replace(PERSON, place=None, languages=frozenset())).reasons_for == (
        "Its mandate covers safe-housing.",
        "Places left for safe-housing: 1.",
        "Budget left: 49.50 GEL.",
    )


def test_a_limited_mandate_takes_who_it_is_for() -> None:
    vulnerable = replace(PERSON, kinds=frozenset({PersonKind.VULNERABLE, PersonKind.MINOR}))
    assert judged(replace(SHELTER, people=frozenset({PersonKind.MINOR})), vulnerable).against == ()


def test_a_case_that_is_not_confidential_may_go_anywhere() -> None:
    assert judged(replace(SHELTER, confidential=False), replace(PERSON, confidential=False)).against == ()


def test_an_organisation_is_called_by_its_name_with_or_without_hyphens() -> None:
    for words in ("ge:dabruneba/night-shelter", "Night Shelter", "night-shelter "):
        assert is_called(words, "ge:dabruneba/night-shelter")
    assert not is_called("night", "ge:dabruneba/night-shelter")
    assert is_called("shelter/night", "ge:dabruneba/shelter/night")


def test_who_has_taken_nobody_has_every_place() -> None:
    assert replace(SHELTER, taken={}).places_left("safe-housing") == 2


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


def test_of_equals_the_one_with_less_against_it_comes_first_and_then_the_name_decides() -> None:
    others = [
        replace(SHELTER, id="ge:dabruneba/a-stale-one", checked_on=date(2025, 1, 1)),
        replace(SHELTER, id="ge:dabruneba/z-last"),
        replace(SHELTER, id="ge:dabruneba/c-full-far-one", taken={"safe-housing": 2}, area=frozenset({"Gori"})),
        replace(SHELTER, id="ge:dabruneba/d-full-one", taken={"safe-housing": 2}),
    ]
    found = propose("safe-housing", PERSON, [*others, SHELTER], TERMS, required=frozenset({"travel"}), today=TODAY)
    names = [one.organisation.id.rpartition("/")[2] for one in found]
    assert names == ["shelter", "z-last", "a-stale-one", "d-full-one", "c-full-far-one"]


def test_what_a_service_cannot_do_without_is_minded_in_proposals() -> None:
    terms = withheld("travel")
    assert propose("safe-housing", PERSON, [SHELTER], terms, required=frozenset({"travel"}), today=TODAY) == ()
    assert propose("safe-housing", PERSON, [SHELTER], terms, required=frozenset(), today=TODAY)


def test_a_place_is_one_part_of_an_address() -> None:
    assert serves({"abidjan"}, "Yopougon, quartier Niangon Nord, Abidjan")
    assert not serves({"Nord"}, "Yopougon, quartier Niangon Nord, Abidjan")
    assert serves({"any"}, "anywhere")
    assert serves({"Gori", "VAKE"}, "vake,Tbilisi")


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
