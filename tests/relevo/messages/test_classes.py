"""Each data class takes what is right as it is, and tells what is wrong without repeating it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import TypeAlias, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from relevo.domain.data_classes import DataClass, JsonValue
from relevo.messages.circumstances import AgeBand, Needs, Skills, age_band, requested_services
from relevo.messages.classes import CLASSES, ClassInvalid, check, check_together, read
from relevo.messages.identity import IdentityMin, Sex

Fields: TypeAlias = "dict[str, JsonValue]"

SECRET = "Zq9 Wx7\x07"

NAMED: Fields = {
    "reference": "ES-2026-004417",
    "given_names": "Aya Marie-Laure",
    "family_name": "N\u2019Guessan Kouassi",
    "birth_date": "1994-03-08",
    "sex": "female",
    "nationality": "CI",
    "languages": ["fr", "bci"],
}
CODED: Fields = {
    "reference": "ES-2026-009003",
    "code": "GE-C-0031",
    "birth_year": 1998,
    "sex": "female",
    "nationality": "GE",
    "languages": ["ka"],
}

RIGHT: dict[str, Fields] = {
    "identity-min": NAMED,
    "identity-full": {"passport": {"number": "19AP00000", "issued": "CI", "expires": "2029-06-30"}},
    "contact": {"channel": "phone", "number": "+225 07 00 00 00 01", "hours": "09:00-12:00, 14:00-18:00"},
    "consent": {
        "purpose": "reintegration-assistance",
        "receiver": "ci:accueil",
        "classes": ["identity-min", "needs"],
        "expires_on": "2028-02-28",
        "withhold": [{"what": "psychosocial needs", "from_whom": "family members"}],
        "outcomes_may_return": False,
    },
    "travel": {"return_type": "forced", "arrival_at": "2026-12-03T04:10:00+03:00", "port": "BGW"},
    "family": {"household": [{"relation": "son", "age_band": "6-12", "travels": True}]},
    "needs": {"social": ["social-protection:pension-transfer"], "intentions": "one line\nand another"},
    "skills": {"education": "vocational", "occupation_isco08": "7411", "years": 14},
    "vulnerability": {"markers": ["older person"]},
    "health-summary": {"conditions": ["COPD"], "mobility": "unaided"},
    "medication": {
        "items": [{"drug": "insulin lispro", "dose": "18 U", "regime": "daily", "supply_ends": "2026-12-16"}]
    },
    "mental-health-risk": {"level": "high", "note": "under observation"},
    "documents": {
        "files": [
            {"kind": "certificate", "media_type": "application/pdf", "size": 1024, "digest": "A" * 43, "key": "A" * 43}
        ]
    },
    "plan": {"agreed_on": "2027-01-10", "actions": [{"service": "housing", "until": "2027-03-31"}]},
    "costs": {
        "currency": "EUR",
        "ceiling": "2000",
        "lines": [{"what": "home care", "planned": "300.50", "borne_by": "host"}],
    },
    "outcome": {"services": [{"service": "housing", "status": "completed", "on": "2027-02-01"}]},
    "feedback": {"comments": "Merci.", "language": "fr"},
}

WRONG: dict[str, tuple[str, Fields, tuple[str, str]]] = {
    "false is no number": ("skills", {"years": False}, ("field-invalid", "skills.years")),
    "a number in text is no number": ("skills", {"years": "14"}, ("field-invalid", "skills.years")),
    "a number with a fraction is no whole number": ("skills", {"years": 14.0}, ("field-invalid", "skills.years")),
    "an infinite number is no number": ("skills", {"years": float("inf")}, ("field-invalid", "skills.years")),
    "a number is no text": ("skills", {"business_idea": 5}, ("field-invalid", "skills.business_idea")),
    "one word is no list": ("skills", {"languages": "fr"}, ("field-invalid", "skills.languages")),
    "a list is no object": ("identity-full", {"passport": []}, ("field-invalid", "identity-full.passport")),
    "an occupation has digits alone": (
        "skills",
        {"occupation_isco08": "tailor"},
        ("field-invalid", "skills.occupation_isco08"),
    ),
    "a field that nobody knows is refused": ("skills", {"height": 170}, ("field-unknown", "skills.height")),
    "what looks like no field is not repeated": ("skills", {"Aya Kouassi": 1}, ("field-unknown", "skills.?")),
    "a note has no place in the household": (
        "family",
        {"household": [{"relation": "son", "age_band": "6-12", "travels": True, "note": "hearing aid"}]},
        ("field-unknown", "family.household[0].note"),
    ),
    "a relation is a word of the list": (
        "family",
        {"household": [{"relation": "diabetic son", "age_band": "6-12", "travels": True}]},
        ("field-invalid", "family.household[0].relation"),
    ),
    "a household without anybody is none": ("family", {"household": []}, ("field-invalid", "family.household")),
    "a class without fields says nothing": ("skills", {}, ("field-missing", "skills")),
    "a class of nulls says nothing": ("skills", {"years": None}, ("field-missing", "skills")),
    "a moment has its offset": (
        "travel",
        {**RIGHT["travel"], "arrival_at": "2026-12-03T04:10:00"},
        ("field-invalid", "travel.arrival_at"),
    ),
    "a timestamp is no moment": (
        "travel",
        {**RIGHT["travel"], "arrival_at": "1796256000"},
        ("field-invalid", "travel.arrival_at"),
    ),
    "a number is no moment": (
        "travel",
        {**RIGHT["travel"], "arrival_at": 1796256000},
        ("field-invalid", "travel.arrival_at"),
    ),
    "no hour of the day is 25": (
        "travel",
        {**RIGHT["travel"], "arrival_at": "2026-12-03T25:10:00Z"},
        ("field-invalid", "travel.arrival_at"),
    ),
    "a moment lies in a year that people plan for": (
        "travel",
        {**RIGHT["travel"], "arrival_at": "9999-12-31T23:59:59Z"},
        ("field-invalid", "travel.arrival_at"),
    ),
    "an amount is no number": (
        "costs",
        {"currency": "EUR", "lines": [{"what": "rent", "planned": 300.5, "borne_by": "host"}]},
        ("field-invalid", "costs.lines[0].planned"),
    ),
    "an amount has no exponent": (
        "costs",
        {**RIGHT["costs"], "ceiling": "2e3"},
        ("field-invalid", "costs.ceiling"),
    ),
    "a number from abroad needs its country code": (
        "contact",
        {"channel": "phone", "number": "07 00 00 00 01"},
        ("field-invalid", "contact.number"),
    ),
    "a phone needs a number": ("contact", {"channel": "phone"}, ("field-missing", "contact.number")),
    "an email needs an address": ("contact", {"channel": "email"}, ("field-missing", "contact.email")),
    "an intermediary must be named": (
        "contact",
        {"channel": "via-intermediary", "number": "+995 32 200 00 00"},
        ("field-missing", "contact.intermediary"),
    ),
    "an intermediary must be reachable": (
        "contact",
        {"channel": "via-intermediary", "intermediary": "duty line"},
        ("field-missing", "contact.number"),
    ),
    "a channel that is a list is only that fault": (
        "contact",
        {"channel": ["phone"]},
        ("field-invalid", "contact.channel"),
    ),
    "a drug says when its supply ends": (
        "medication",
        {"items": [{"drug": "tiotropium", "dose": "1", "regime": "daily"}]},
        ("field-missing", "medication.items[0].supply_ends"),
    ),
    "feedback says why it is absent": ("feedback", {"language": "fr"}, ("field-missing", "feedback.comments")),
    "comments have a language": ("feedback", {"comments": "Merci."}, ("field-missing", "feedback.language")),
    "comments are not absent": (
        "feedback",
        {"comments": "Merci.", "language": "fr", "absent_reason": "not reached"},
        ("field-invalid", "feedback.absent_reason"),
    ),
    "a service is a word": ("needs", {"social": ["Housing please"]}, ("field-invalid", "needs.social[0]")),
    "a class stands once in consent": (
        "consent",
        {**RIGHT["consent"], "classes": ["needs", "needs"]},
        ("field-invalid", "consent.classes"),
    ),
    "why something is withheld has no place": (
        "consent",
        {**RIGHT["consent"], "withhold": [{"what": "all", "from_whom": "town", "why": "fear"}]},
        ("field-unknown", "consent.withhold[0].why"),
    ),
    "an invented class is refused": ("horoscope", {"sign": "leo"}, ("field-unknown", "horoscope")),
}

IDENTITIES: dict[str, tuple[Fields, set[tuple[str, str]]]] = {
    "a name and a birth date": (NAMED, set()),
    "a code and the birth year alone": (CODED, set()),
    "a year alone says why": (
        {**NAMED, "birth_date": None, "birth_year": 1994},
        {("field-missing", "birth_date_reason")},
    ),
    "a year alone with its reason": (
        {**NAMED, "birth_date": None, "birth_year": 1994, "birth_date_reason": "never registered"},
        set(),
    ),
    "an unknown birth date with its reason": (
        {**NAMED, "birth_date": None, "birth_date_unknown": "papers lost at sea"},
        set(),
    ),
    "no birth date and no reason": ({**NAMED, "birth_date": None}, {("field-missing", "birth_date")}),
    "an empty birth date": ({**NAMED, "birth_date": ""}, {("field-invalid", "birth_date")}),
    "a birth date and a year": (
        {**NAMED, "birth_year": 1994},
        {
            ("field-invalid", "birth_year"),
            ("field-missing", "birth_date_reason"),
        },
    ),
    "30 February": ({**NAMED, "birth_date": "1994-02-30"}, {("field-invalid", "birth_date")}),
    "no family name": ({**NAMED, "family_name": None}, {("field-missing", "family_name")}),
    "no given names": ({**NAMED, "given_names": None}, {("field-missing", "given_names")}),
    "one name only, and it says so": ({**NAMED, "given_names": None, "single_name": True}, set()),
    "one name only beside given names": ({**NAMED, "single_name": True}, {("field-invalid", "single_name")}),
    "a name beside a code": ({**CODED, "given_names": "ნინო"}, {("field-invalid", "given_names")}),
    "a Latin name beside a code": ({**CODED, "latin_name": "Nino"}, {("field-invalid", "latin_name")}),
    "a birth date beside a code": (
        {**CODED, "birth_year": None, "birth_date": "1998-10-01"},
        {("field-invalid", "birth_date"), ("field-missing", "birth_year")},
    ),
    "a code alone": ({**CODED, "birth_year": None}, {("field-missing", "birth_year")}),
    "a name beside a code, and another fault": (
        {**CODED, "family_name": "ბერიძე", "nationality": "Georgia"},
        {("field-invalid", "family_name"), ("field-invalid", "nationality")},
    ),
    "a country that does not exist": ({**NAMED, "nationality": "ZZ"}, {("field-invalid", "nationality")}),
    "a stateless person": ({**NAMED, "nationality": "XXA"}, set()),
    "no language": ({**NAMED, "languages": []}, {("field-invalid", "languages")}),
}


def test_every_data_class_has_a_model_and_an_example_here() -> None:
    assert set(CLASSES) == set(DataClass) == set(RIGHT)


@pytest.mark.parametrize("data_class", RIGHT)
def test_what_is_right_comes_back_as_it_was(data_class: str) -> None:
    assert check(data_class, RIGHT[data_class]) == (RIGHT[data_class], ())


@pytest.mark.parametrize("data_class", RIGHT)
def test_what_was_checked_can_be_checked_again(data_class: str) -> None:
    fields, _ = check(data_class, RIGHT[data_class])
    assert check(data_class, json.loads(json.dumps(fields))) == (fields, ())
    assert read(data_class, fields).to_fields() == fields


@pytest.mark.parametrize(("data_class", "fields", "fault"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(data_class: str, fields: Fields, fault: tuple[str, str]) -> None:
    checked, reasons = check(data_class, fields)
    assert checked == {}
    assert [(reason.code, reason.field) for reason in reasons] == [fault]
    assert all(reason.detail and reason.advice for reason in reasons)


def test_what_is_right_is_right_together() -> None:
    assert check_together(RIGHT) == RIGHT
    assert check_together({}) == {}


@pytest.mark.parametrize(("data_class", "fields", "fault"), WRONG.values(), ids=WRONG)
def test_nothing_is_right_together_with(data_class: str, fields: Fields, fault: tuple[str, str]) -> None:
    del fault
    assert check_together({**RIGHT, data_class: fields}) is None


@pytest.mark.parametrize("fields", [None, [], "x", {}, {"number": None}], ids=repr)
def test_a_class_that_stands_there_says_something(fields: object) -> None:
    assert check_together({**RIGHT, "contact": cast("Fields", fields)}) is None


@pytest.mark.parametrize(("fields", "faults"), IDENTITIES.values(), ids=IDENTITIES)
def test_identity_stands_in_one_of_two_forms(fields: Fields, faults: set[tuple[str, str]]) -> None:
    _, reasons = check("identity-min", fields)
    assert {(reason.code, reason.field.removeprefix("identity-min.")) for reason in reasons} == faults


def test_an_empty_birth_date_is_told_with_what_would_do() -> None:
    _, (reason,) = check("identity-min", {**NAMED, "birth_date": ""})
    assert reason.detail == "is empty"
    assert "birth_date_unknown" in reason.advice


def test_every_fault_is_told_at_once() -> None:
    _, reasons = check("identity-min", {"reference": "a b", "sex": "F", "nationality": "fr", "languages": ["French"]})
    assert {reason.field.removeprefix("identity-min.") for reason in reasons} == {
        "reference",
        "sex",
        "nationality",
        "languages[0]",
        "family_name",
        "given_names",
        "birth_date",
    }


def test_the_advice_for_a_closed_list_names_its_words() -> None:
    _, (reason,) = check("mental-health-risk", {"level": "severe"})
    assert reason.advice == "Use one of: 'low', 'moderate' or 'high'."


def test_null_is_the_same_as_absent() -> None:
    assert check("skills", {"years": 3, "education": None}) == ({"years": 3}, ())


def test_a_model_made_in_python_keeps_the_same_rules() -> None:
    with pytest.raises(ValueError, match="contradict"):
        IdentityMin(
            reference="1",
            code="2",
            family_name="Zq9",
            sex=Sex.FEMALE,
            nationality="GE",
            languages=("ka",),
        )


def test_what_pydantic_says_by_itself_does_not_repeat_the_value_either() -> None:
    with pytest.raises(ValidationError) as refused:
        Skills.model_validate({"years": SECRET})
    assert "Zq9" not in str(refused.value)


def test_mappings_and_tuples_of_rules_are_read_like_json() -> None:
    son: Mapping[str, JsonValue] = MappingProxyType({"relation": "son", "age_band": "6-12", "travels": True})
    assert check("family", MappingProxyType({"household": (son,)})) == (RIGHT["family"], ())


def test_reading_refuses_with_every_reason() -> None:
    with pytest.raises(ClassInvalid) as refused:
        read("skills", {"years": False, "height": 170})
    assert [reason.field for reason in refused.value.reasons] == ["skills.years", "skills.height"]
    assert refused.value.code == "class-invalid"


def test_services_are_asked_for_in_order_and_once() -> None:
    needs = {"psychosocial": ["counselling"], "social": ["housing", "legal-aid"], "economic": ["housing"]}
    model = read("needs", needs)
    assert isinstance(model, Needs)
    assert requested_services(needs) == requested_services(model) == ("housing", "legal-aid", "counselling")


def test_services_of_a_record_that_nobody_checked_are_those_that_are_words() -> None:
    assert requested_services({"social": ["housing", 5], "economic": "business-start"}) == ("housing",)


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2026, 11, 22), AgeBand.INFANT),
        (date(2020, 11, 23), AgeBand.INFANT),
        (date(2020, 11, 22), AgeBand.CHILD),
        (date(2008, 11, 23), AgeBand.ADOLESCENT),
        (date(2008, 11, 22), AgeBand.YOUNG_ADULT),
        (date(1966, 11, 23), AgeBand.ADULT),
        (date(1966, 11, 22), AgeBand.OLDER),
    ],
)
def test_an_age_band_changes_on_the_birthday(born: date, band: AgeBand) -> None:
    assert age_band(born, on=date(2026, 11, 22)) is band


def test_who_is_born_on_29_february_ages_on_1_march() -> None:
    assert age_band(date(2008, 2, 29), on=date(2026, 2, 28)) is AgeBand.ADOLESCENT
    assert age_band(date(2008, 2, 29), on=date(2026, 3, 1)) is AgeBand.YOUNG_ADULT


def test_nobody_is_of_an_age_before_birth() -> None:
    with pytest.raises(ValueError, match="not born"):
        age_band(date(2027, 1, 1), on=date(2026, 11, 22))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(SECRET) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["number", "items"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_reason_repeats_what_somebody_wrote(data: st.DataObject) -> None:
    data_class = data.draw(st.sampled_from(sorted(CLASSES)))
    names = st.sampled_from([*sorted(CLASSES[data_class].model_fields), SECRET])
    fields = data.draw(st.dictionaries(names, anything | st.just(SECRET), max_size=6))
    checked, reasons = check(data_class, fields)
    assert bool(checked) != bool(reasons)
    assert check_together({data_class: fields}) == ({data_class: checked} if checked else None)
    told = " ".join(f"{reason.field} {reason.detail} {reason.advice}" for reason in reasons)
    assert "Zq9" not in told
    assert all(reason.field.startswith(data_class) for reason in reasons)
