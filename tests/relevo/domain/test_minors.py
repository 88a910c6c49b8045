"""Who speaks for a child, and what must have been decided before anything leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from relevo.domain.consent import Consent, Giver
from relevo.domain.minors import BestInterests, Subject, age_at, is_minor, minor_reasons
from support.wording import codes as told

ON = date(2026, 11, 22)
GIVEN = Consent(
    id="1",
    purpose="reintegration-assistance",
    receiver="iq:awda",
    classes=frozenset({"identity-min"}),
    by="somebody",
    language="ar",
    taken_on=ON,
    expires_on=date(2028, 1, 15),
)
GUARDIAN = replace(GIVEN, giver=Giver.GUARDIAN, evidence="birth certificate 17/2010")
CAREGIVER = replace(GIVEN, giver=Giver.CAREGIVER)
ADULT, CHILD = Subject(birth_date=date(1981, 7, 19)), Subject(birth_date=date(2010, 2, 14))
SEPARATED = replace(CHILD, separated=True)

AGES: dict[str, tuple[Subject, bool]] = {
    "a grown-up": (ADULT, False),
    "a child": (CHILD, True),
    "eighteen today": (Subject(birth_date=date(2008, 11, 22)), False),
    "eighteen tomorrow": (Subject(birth_date=date(2008, 11, 23)), True),
    "the year of whoever may be eighteen": (Subject(birth_year=2008), True),
    "the year before": (Subject(birth_year=2007), False),
    "nothing known": (Subject(), False),
}


@pytest.mark.parametrize("name", AGES)
def test_who_is_not_of_age(name: str) -> None:
    subject, minor = AGES[name]
    assert is_minor(subject, ON, adult_from=18) is minor


def test_the_last_day_of_the_year_decides_for_a_year_alone() -> None:
    assert not is_minor(Subject(birth_year=2008), date(2026, 12, 31), adult_from=18)


def test_who_was_born_on_the_leap_day_is_older_in_march() -> None:
    assert (age_at(date(2008, 2, 29), date(2026, 2, 28)), age_at(date(2008, 2, 29), date(2026, 3, 1))) == (17, 18)


FOR, AGAINST = BestInterests.IN_FAVOUR, BestInterests.AGAINST
CASES: dict[str, tuple[Subject, Consent | None, BestInterests | None, set[str]]] = {
    "an adult": (ADULT, GIVEN, None, set()),
    "an adult without consent yet": (ADULT, None, None, set()),
    "a child alone": (CHILD, GIVEN, None, {"guardian-missing"}),
    "a guardian with evidence": (CHILD, GUARDIAN, None, set()),
    "a guardian without": (CHILD, replace(GUARDIAN, evidence=None), None, {"guardian-evidence-missing"}),
    "a caregiver": (CHILD, CAREGIVER, None, {"best-interests-missing"}),
    "a caregiver after the review": (CHILD, CAREGIVER, FOR, set()),
    "a review against it": (CHILD, CAREGIVER, AGAINST, {"best-interests-against"}),
    "a review against a guardian": (CHILD, GUARDIAN, AGAINST, {"best-interests-against"}),
    "a separated child with a guardian": (SEPARATED, GUARDIAN, None, {"best-interests-missing"}),
    "a separated child before anybody consented": (SEPARATED, None, None, {"best-interests-missing"}),
    "a grown-up whom a review once spoke against": (ADULT, GIVEN, AGAINST, set()),
    "somebody separated whose age nobody knows": (Subject(separated=True), GIVEN, None, {"best-interests-missing"}),
    "a grown-up whose guardian shows nothing": (
        ADULT,
        replace(GUARDIAN, evidence=""),
        None,
        {"guardian-evidence-missing"},
    ),
    "a child before anybody consented": (CHILD, None, None, set()),
    "a caregiver of somebody of unknown age": (Subject(), CAREGIVER, None, {"best-interests-missing"}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_stands_against_sending(name: str) -> None:
    subject, consent, review, codes = CASES[name]
    assert set(told(minor_reasons(subject, consent, review, on=ON, adult_from=18))) == codes
