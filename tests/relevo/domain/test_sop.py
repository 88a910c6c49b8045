from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeAlias

import pytest

from relevo.domain.sides import Side, Urgency
from relevo.domain.sop import Allowance, FirstContactRule, Sop, SopInvalid, Unit, parse_sop
from support.wording import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ASSISTANCE = "reintegration-assistance"
Read: TypeAlias = "Callable[[str], str]"


def test_the_sample_says_who_when_and_how_soon(es_ci: Sop) -> None:
    assert (es_ci.host, es_ci.origin, es_ci.version) == ("es:retorno", "ci:accueil", 1)
    assert es_ci.effective == datetime(2026, 11, 1, tzinfo=UTC)
    assert es_ci.response == {
        Urgency.EMERGENCY: Allowance(amount=24, unit=Unit.HOURS),
        Urgency.URGENT: Allowance(amount=72, unit=Unit.HOURS),
        Urgency.ROUTINE: Allowance(amount=10, unit=Unit.WORKING_DAYS),
    }
    assert es_ci.first_contact == FirstContactRule(days=2, vulnerable_hours=24)
    assert es_ci.follow_up_months == (1, 3, 6, 12)
    assert es_ci.calendars[Side.HOST].zone.key == "Europe/Madrid"


HOLIDAYS = {
    "Constitution Day in Spain": ("es-ci", Side.HOST, date(2027, 12, 6)),
    "National Peace Day in Côte d'Ivoire": ("es-ci", Side.ORIGIN, date(2027, 11, 15)),
    "Saint George's Day in Georgia": ("es-ge", Side.ORIGIN, date(2026, 11, 23)),
    "Whit Monday in Germany": ("de-rs", Side.HOST, date(2027, 5, 17)),
    "Orthodox Christmas in Serbia": ("de-rs", Side.ORIGIN, date(2027, 1, 7)),
    "Statehood Day of 2026, a Sunday, in lieu": ("de-rs", Side.ORIGIN, date(2026, 2, 17)),
}


@pytest.mark.parametrize(("name", "side", "day"), HOLIDAYS.values(), ids=HOLIDAYS)
def test_nobody_works_on(sop_text: Read, name: str, side: Side, day: date) -> None:
    assert not parse_sop(sop_text(name)).calendars[side].is_working_day(day)


def test_a_service_adds_what_it_needs(es_ci: Sop) -> None:
    purpose = es_ci.purposes[ASSISTANCE]
    assert purpose.required_classes([]) == {"identity-min", "contact", "needs"}
    assert purpose.required_classes(["skills-recognition:electrician"]) == {
        "identity-min",
        "contact",
        "needs",
        "skills",
    }
    assert "documents" not in purpose.allowed_classes(["housing"])
    assert "documents" in purpose.allowed_classes(["housing", "skills-recognition"])
    assert purpose.allowed_classes(["a-service-nobody-wrote-down"]) == purpose.allowed_classes([])


def test_the_clause_that_requires_a_class_is_named(es_ci: Sop) -> None:
    purpose = es_ci.purposes[ASSISTANCE]
    services = ["housing:flat", "unheard-of", "skills-recognition:electrician"]
    assert purpose.requiring("needs", services) == "required"
    assert purpose.requiring("skills", services) == "services.skills-recognition.required"
    assert purpose.requiring("skills", []) == "services.*.required"


def test_a_first_contact_is_counted_in_days_or_for_the_vulnerable_in_hours() -> None:
    rule = FirstContactRule(days=2, vulnerable_hours=24)
    assert rule.allowance(vulnerable=False) == Allowance(amount=2, unit=Unit.WORKING_DAYS)
    assert rule.allowance(vulnerable=True) == Allowance(amount=24, unit=Unit.HOURS)


def test_the_terms_of_the_consent_always_move(es_ci: Sop, es_ge: Sop, de_rs: Sop) -> None:
    for sop in (es_ci, es_ge, de_rs):
        assert all("consent" in purpose.allowed_classes([]) for purpose in sop.purposes.values())


def test_a_class_can_be_narrowed_to_some_fields(es_ge: Sop, es_ci: Sop) -> None:
    assert es_ge.purposes[ASSISTANCE].allows_field("travel", "port")
    assert not es_ge.purposes[ASSISTANCE].allows_field("travel", "flight")
    assert es_ci.purposes[ASSISTANCE].allows_field("travel", "flight")


def test_health_moves_only_for_medical_continuity(de_rs: Sop) -> None:
    assert not de_rs.purposes[ASSISTANCE].allowed_classes(["housing", "documents"]) & {"health-summary", "medication"}
    assert {"health-summary", "medication"} <= de_rs.purposes["medical-continuity"].allowed_classes([])


FAULTS: Mapping[str, tuple[str, str, str]] = {
    "an unknown key": ("version = 1", "version = 1\ncolour = 1", "colour"),
    "an unknown key of a purpose": ("returns = [", "sends = []\nreturns = [", f"purposes.{ASSISTANCE}.sends"),
    "a missing key": ("programme =", "# programme =", "programme"),
    "a number as text": ("version = 1", 'version = "1"', "version"),
    "a truth for a number": ("version = 1", "version = true", "version"),
    "a version before the first": ("version = 1", "version = 0", "version"),
    "a time that never ends": ("working_days = 10", "working_days = 1000000", "response.routine.working_days"),
    "an allowance in two units": (
        "{ hours = 24 }",
        "{ hours = 24, working_days = 1 }",
        "response.emergency.working_days",
    ),
    "an allowance in none": ("{ hours = 24 }", "{ }", "response.emergency.working_days"),
    "a node id without a country": ('"es:retorno"', '"retorno"', "host"),
    "a node id in capitals": ('"es:retorno"', '"ES:retorno"', "host"),
    "a node id that is too long": ('"es:retorno"', f'"es:{"a" * 33}"', "host"),
    "a host that is its own origin": ('"ci:accueil"', '"es:retorno"', "origin"),
    "a name with a space": ('"es-ci-return"', '"es ci"', "name"),
    "no language": ('["fr", "es"]', "[]", "languages"),
    "a language written out": ('["fr", "es"]', '["français"]', "languages"),
    "a basis that the law does not know": ('"safeguards"', '"habit"', "transfer_basis"),
    "a moment without its zone": ("00:00:00Z", "00:00:00", "effective"),
    "a date for a moment": ("2026-11-01T00:00:00Z", "2026-11-01", "effective"),
    "a moment at the edge of time": ("2026-11-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "effective"),
    "an unknown class": ('"family", "skills"', '"family", "shoe-size"', f"purposes.{ASSISTANCE}.allowed"),
    "a class required and allowed": (
        '["identity-full"',
        '["contact", "identity-full"',
        f"purposes.{ASSISTANCE}.allowed",
    ),
    "a class named twice": ('["identity-full"', '["family", "identity-full"', f"purposes.{ASSISTANCE}.allowed"),
    "nothing required": ('["identity-min", "contact", "needs"]', "[]", f"purposes.{ASSISTANCE}.required"),
    "a name that returns": ('["outcome", "feedback", "plan"', '["identity-min"', f"purposes.{ASSISTANCE}.returns"),
    "a service with an unknown class": ('["costs"]', '["cost"]', f"purposes.{ASSISTANCE}.services.housing.allowed"),
    "a service with an unknown key": (
        '{ allowed = ["costs"] }',
        "{ needs = [] }",
        f"purposes.{ASSISTANCE}.services.housing.needs",
    ),
    "a purpose that is no word": (
        "[purposes.medical-continuity]",
        '[purposes."Medical Care"]',
        "purposes.Medical Care",
    ),
    "fields of a class that does not move": (
        "[purposes.medical-continuity]",
        f'[purposes.{ASSISTANCE}.fields]\nmedication = ["drug"]\n[purposes.medical-continuity]',
        f"purposes.{ASSISTANCE}.fields.medication",
    ),
    "fields of no class": (
        "[purposes.medical-continuity]",
        f'[purposes.{ASSISTANCE}.fields]\nshoes = ["size"]\n[purposes.medical-continuity]',
        f"purposes.{ASSISTANCE}.fields.shoes",
    ),
    "a field that is no name": (
        "[purposes.medical-continuity]",
        f'[purposes.{ASSISTANCE}.fields]\ntravel = ["a.b"]\n[purposes.medical-continuity]',
        f"purposes.{ASSISTANCE}.fields.travel",
    ),
    "a purpose that is no table": (
        "[purposes.medical-continuity]",
        "[[purposes.medical-continuity]]",
        "purposes.medical-continuity",
    ),
    "an unknown zone": ('"Europe/Madrid"', '"Europe/Atlantis"', "calendars.host.zone"),
    "a zone that is a folder": ('"Europe/Madrid"', '"Europe"', "calendars.host.zone"),
    "a zone outside the database": ('"Europe/Madrid"', '"../../etc/passwd"', "calendars.host.zone"),
    "a weekend of no day": ('["saturday", "sunday"]', '["samedi"]', "calendars.host.weekend"),
    "a weekend of seven days": (
        '["saturday", "sunday"]',
        '["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]',
        "calendars.host.weekend",
    ),
    "no weekend at all": ('weekend = ["saturday", "sunday"]', "", "calendars.host.weekend"),
    "closing before opening": ("closes = 17:00:00", "closes = 09:00:00", "calendars.host.closes"),
    "a calendar of no side": ("[calendars.origin]", "[calendars.other]", "calendars.other"),
    "a side without a calendar": ("[calendars.origin]", "[calendars.other]", "calendars.origin"),
    "a holiday that is text": ("2026-01-01, # New", '"2026-01-01", # New', "calendars.host.holidays"),
    "a holiday after the last covered": ("2026-01-01, # New", "2028-01-01, # New", "calendars.host.holidays"),
    "a holiday of the year before": ("2026-01-01, # New", "2025-12-25, # New", "calendars.host.holidays"),
    "holidays that end before it begins": ("= 2027-12-31", "= 2026-10-31", "holidays_until"),
    "months that go back": ("[1, 3, 6, 12]", "[1, 6, 3, 12]", "follow_up_months"),
    "a month named twice": ("[1, 3, 6, 12]", "[1, 1]", "follow_up_months"),
    "a month before arrival": ("[1, 3, 6, 12]", "[0, 1]", "follow_up_months"),
    "a month that nobody lives to see": ("[1, 3, 6, 12]", "[1, 1200]", "follow_up_months"),
    "no month": ("[1, 3, 6, 12]", "[]", "follow_up_months"),
    "retention of no class": ("identity-min = 1825", "identity-min = 1825\nshoes = 1", "retention.shoes"),
    "a class that moves without retention": ("skills = 365", "", "retention.skills"),
    "retention below nothing": ("skills = 365", "skills = -1", "retention.skills"),
}


@pytest.mark.parametrize(("good", "bad", "field"), FAULTS.values(), ids=FAULTS)
def test_a_sop_is_refused_for(sop_text: Read, good: str, bad: str, field: str) -> None:
    text = sop_text("es-ci")
    assert good in text
    with pytest.raises(SopInvalid) as refusal:
        parse_sop(text.replace(good, bad, 1))
    assert ("sop-invalid", field) in said(refusal.value.reasons)
    assert {(one.code, one.rule, one.clause == one.field) for one in refusal.value.reasons} == {
        ("sop-invalid", "sop.sound", True)
    }


TOLD: Mapping[str, str] = {
    "an unknown key": "is not known here",
    "an unknown key of a purpose": "is not known here",
    "a missing key": "is missing",
    "a number as text": "must be a whole number",
    "a truth for a number": "must be a whole number",
    "a version before the first": "must be from 1 to 36500",
    "a time that never ends": "must be from 1 to 36500",
    "an allowance in two units": "is not known here",
    "an allowance in none": "is missing",
    "a node id without a country": "must be a node id such as es:retorno",
    "a node id in capitals": "must be a node id such as es:retorno",
    "a node id that is too long": "must be a node id such as es:retorno",
    "a host that is its own origin": "is the host itself",
    "a name with a space": "must be a word of small letters, digits and hyphens",
    "no language": "must list at least 1",
    "a language written out": "'français' is not the tag of a language such as fr",
    "a basis that the law does not know": "must be one of adequacy, safeguards, agreement, public-interest, consent",
    "a moment without its zone": "must be a moment with its zone, such as Z",
    "a date for a moment": "must be a moment with its zone",
    "a moment at the edge of time": "must be a moment with its zone, such as Z",
    "an unknown class": "'shoe-size' is not a data class",
    "a class required and allowed": "contact stands under required already",
    "a class named twice": "names something twice",
    "nothing required": "must list at least 1",
    "a name that returns": "'identity-min' is not a data class that an origin may return",
    "a service with an unknown class": "'cost' is not a data class",
    "a service with an unknown key": "is not known here",
    "a purpose that is no word": "its name is not a word of small letters, digits and hyphens",
    "fields of a class that does not move": "the class does not move for this purpose",
    "fields of no class": "its name is not a data class",
    "a field that is no name": "'a.b' is not the name of a field such as return_type",
    "a purpose that is no table": "must be a table",
    "an unknown zone": "is not a zone of the IANA time zone database",
    "a zone that is a folder": "is not a zone of the IANA time zone database",
    "a zone outside the database": "is not a zone of the IANA time zone database",
    "a weekend of no day": "'samedi' is not a day of the week by its English name, such as friday",
    "a weekend of seven days": "must leave at least one day of the week to work on",
    "no weekend at all": "is missing, even if the list is empty",
    "closing before opening": "must be later than `opens`",
    "a calendar of no side": "is not known here",
    "a side without a calendar": "is missing",
    "a holiday that is text": "must be a list of dates",
    "a holiday after the last covered": "lie outside the year of `effective` up to `holidays_until`",
    "a holiday of the year before": "lie outside the year of `effective` up to `holidays_until`",
    "holidays that end before it begins": "lies before the day on which the procedure takes effect",
    "months that go back": "must list numbers from 1 to 120, each greater than the one before",
    "a month named twice": "must list numbers from 1 to 120, each greater than the one before",
    "a month before arrival": "must list numbers from 1 to 120, each greater than the one before",
    "a month that nobody lives to see": "must list numbers from 1 to 120, each greater than the one before",
    "no month": "must list at least 1",
    "retention of no class": "its name is not a data class",
    "a class that moves without retention": "is missing, though the class moves",
    "retention below nothing": "must be from 0 to 36500",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_words(sop_text: Read, name: str) -> None:
    good, bad, field = FAULTS[name]
    with pytest.raises(SopInvalid) as refusal:
        parse_sop(sop_text("es-ci").replace(good, bad, 1))
    assert TOLD[name] in {one.detail for one in refusal.value.reasons if one.field == field}


def test_every_contradiction_is_named_at_once(sop_text: Read) -> None:
    chosen = ("an unknown key", "a node id in capitals", "months that go back", "an unknown zone")
    text = sop_text("es-ci")
    for name in chosen:
        text = text.replace(*FAULTS[name][:2], 1)
    with pytest.raises(SopInvalid) as refusal:
        parse_sop(text)
    assert {reason.field for reason in refusal.value.reasons} == {FAULTS[name][2] for name in chosen}


ONE_FAULT = {
    "the moment from which it holds": ("effective = 2026-11-01T00:00:00Z", "effective"),
    "the holidays' last day": ("holidays_until = 2027-12-31", "holidays_until"),
    "closing time": ("closes = 17:00:00", "calendars.host.closes"),
    "the time to answer a question": ("question = { working_days = 2 }", "question"),
}


@pytest.mark.parametrize(("gone", "field"), ONE_FAULT.values(), ids=ONE_FAULT)
def test_what_is_missing_is_named_once_and_hides_nothing_else(sop_text: Read, gone: str, field: str) -> None:
    with pytest.raises(SopInvalid) as refusal:
        parse_sop(sop_text("es-ci").replace(gone, "", 1))
    assert [reason.field for reason in refusal.value.reasons] == [field]


NO_TOML = {
    "no TOML": "= =",
    "nested without end": "a = " + "[" * 100_000,
    "a number without end": "version = " + "9" * 10_000,
    "the thirteenth month": "effective = 2026-13-01",
}


@pytest.mark.parametrize("text", NO_TOML.values(), ids=NO_TOML)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(SopInvalid) as refusal:
        parse_sop(text)
    assert said(refusal.value.reasons) == [("sop-invalid", "sop")]


def test_an_empty_text_is_refused_with_all_that_it_lacks() -> None:
    with pytest.raises(SopInvalid) as refusal:
        parse_sop("")
    assert {"name", "host", "origin", "purposes", "calendars", "retention"} <= {
        reason.field for reason in refusal.value.reasons
    }
