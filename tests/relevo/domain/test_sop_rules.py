"""What a procedure says of consent, access, costs, the record and the sheets; and whatever contradicts, by its path."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.domain.access import Role
from relevo.domain.data_classes import DataClass
from relevo.domain.sides import Side
from relevo.domain.sop import Sop, SopInvalid, parse_sop
from relevo.domain.sop_checks import BLIND, moving_to
from relevo.domain.sop_rules import RETURN_TYPES, ROLES, Bearer, Ceiling, RecordPart
from relevo.messages.circumstances import ReturnType
from support.pairs import sop_text as sample
from support.sop_texts import anybody_reads
from support.wording import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.errors import Reason

NAMES = ("es-ci", "es-ge", "de-rs", "de-iq", "de-ci")
ES_CI, DE_RS = sample("es-ci"), sample("de-rs")
RISK = DataClass.MENTAL_HEALTH_RISK


@pytest.fixture(params=NAMES)
def sop(request: pytest.FixtureRequest) -> Sop:
    return parse_sop(sample(request.param))


def test_every_sample_has_every_part(sop: Sop) -> None:
    assert sop.costs is not None
    assert set(sop.sheets) == set(sop.languages)
    assert set(sop.access) == set(sop.may_ask) == set(Side)
    assert sop.keep
    assert sop.record >= set(RecordPart) - {RecordPart.OTHER}


def test_nobody_but_who_decides_or_treats_reads_of_a_mental_health_risk(sop: Sop) -> None:
    readers = {(side, role) for side in Side for role, rule in sop.access[side].items() if RISK in rule.consult}
    assert readers in (
        set(),
        {
            (Side.HOST, Role.COORDINATOR),
            (Side.HOST, Role.CLINICIAN),
            (Side.ORIGIN, Role.INTAKE),
            (Side.ORIGIN, Role.CLINICIAN),
        },
    )
    assert bool(readers) == (RISK in moving_to(sop, Side.ORIGIN))


def test_auditors_and_administrators_see_nothing(sop: Sop) -> None:
    for side in Side:
        assert all(not (sop.access[side][role].enter | sop.access[side][role].consult) for role in BLIND)


def test_serbia_says_what_an_older_person_may_cost_and_who_bears_it() -> None:
    costs = parse_sop(DE_RS).costs
    assert costs is not None
    assert costs.currency == "EUR"
    assert Ceiling(person="vulnerable", amount=Decimal("2000.00")) in costs.ceilings
    assert costs.borne_by["medical-equipment"] is Bearer.HOST
    assert costs.borne_by["home-care"] is Bearer.ORIGIN


def test_a_sheet_is_one_text_however_its_lines_were_broken() -> None:
    assert all("\n" not in text for text in vars(parse_sop(ES_CI).sheets["fr"]).values())


def test_the_words_are_those_of_the_messages() -> None:
    assert tuple(ReturnType) == RETURN_TYPES
    assert frozenset(Role) == ROLES[Side.HOST] | ROLES[Side.ORIGIN]


def test_a_text_from_before_these_tables_keeps_its_meaning() -> None:
    old = anybody_reads(ES_CI)
    sop = parse_sop(
        old[: old.index("# The seven parts")] + old[old.index("[calendars.host]") : old.index("# The text of")]
    )
    unsaid = {one.name for one in fields(Sop) if one.name in {"access", "may_ask", "keep", "sheets"}}
    assert all(not getattr(sop, name) for name in unsaid)
    assert sop.costs is None
    assert sop.record == frozenset(RecordPart)
    assert (sop.consent.longest_months, sop.consent.renewal_days, sop.consent.adult_from) == (36, 30, 18)


Plant: TypeAlias = tuple[str, str, str, str]
PLANTED: Mapping[str, Plant] = {
    "a role that does not exist on that side": (
        ES_CI,
        "[access.host.clinician]",
        "[access.host.intake]",
        "access.host.intake",
    ),
    "a side that does not exist": (ES_CI, "[access.host.clinician]", "[access.centre.clinician]", "access.centre"),
    "access to a class that never moves": (
        DE_RS,
        '[access.host.clinician]\nenter = ["health-summary", ',
        '[access.host.clinician]\nenter = ["horoscope", ',
        "access.host.clinician.enter",
    ),
    "access to a class that does not move here": (
        sample("es-ge"),
        '[access.origin.clinician]\nenter = ["health-summary", ',
        '[access.origin.clinician]\nenter = ["family", ',
        "access.origin.clinician.enter",
    ),
    "an administrator who reads of a mental-health risk": (
        ES_CI,
        "[access.host.administrator]\nenter = []\nconsult = []",
        '[access.host.administrator]\nenter = []\nconsult = ["mental-health-risk"]',
        "access.host.administrator.consult",
    ),
    "an auditor who enters something": (
        ES_CI,
        "[access.origin.auditor]\nenter = []",
        '[access.origin.auditor]\nenter = ["needs"]',
        "access.origin.auditor.enter",
    ),
    "no table of who reads, though mental health moves for a purpose": (
        anybody_reads(DE_RS),
        'currency = "EUR"',
        'currency = "EUR"',
        "access",
    ),
    "a list that is missing": (
        ES_CI,
        "[access.host.auditor]\nenter = []\n",
        "[access.host.auditor]\n",
        "access.host.auditor.enter",
    ),
    "a taker who takes no consent": (
        ES_CI,
        'takers.origin = ["intake", ',
        'takers.origin = ["clinician", ',
        "consent.takers.origin",
    ),
    "a taker of the other side": (
        ES_CI,
        'takers.host = ["counsellor", ',
        'takers.host = ["intake", ',
        "consent.takers.host",
    ),
    "nobody who takes consent": (
        ES_CI,
        'takers.host = ["counsellor", "coordinator"]',
        "takers.host = []",
        "consent.takers.host",
    ),
    "a consent that ends before the last follow-up": (
        ES_CI,
        "longest_months = 36",
        "longest_months = 11",
        "consent.longest_months",
    ),
    "a renewal before the consent": (
        ES_CI,
        "longest_months = 36\nrenewal_days = 30",
        "longest_months = 12\nrenewal_days = 365",
        "consent.renewal_days",
    ),
    "an adult of ten": (ES_CI, "adult_from = 18", "adult_from = 10", "consent.adult_from"),
    "a table of consent that is not finished": (ES_CI, "renewal_days = 30\n", "", "consent.renewal_days"),
    "a question for a class that does not move to the host": (
        ES_CI,
        'host = ["plan", ',
        'host = ["skills", ',
        "may_ask.host",
    ),
    "a question for a class that does not move to the origin": (
        ES_CI,
        '  "health-summary", "medication", "documents",\n]\n\n# Who may enter',
        '  "outcome",\n]\n\n# Who may enter',
        "may_ask.origin",
    ),
    "kept without a retention": (ES_CI, "vulnerability = 365\n", "", "retention.vulnerability"),
    "kept, though it never moves": (sample("es-ge"), "costs = 730", "costs = 730\nfamily = 30", "keep.family"),
    "kept longer than its retention": (ES_CI, "costs = 1095", "costs = 1826", "keep.costs"),
    "a currency in small letters": (ES_CI, 'currency = "EUR"', 'currency = "eur"', "costs.currency"),
    "a ceiling as a float": (ES_CI, 'amount = "1800.00"', "amount = 1800.00", "costs.ceilings.0.amount"),
    "a ceiling of nothing": (ES_CI, 'amount = "1800.00"', 'amount = "0.00"', "costs.ceilings.0.amount"),
    "a ceiling with a comma": (ES_CI, 'amount = "1800.00"', 'amount = "1.800,00"', "costs.ceilings.0.amount"),
    "a ceiling twice for the same": (ES_CI, 'person = "vulnerable"\n', 'person = "any"\n', "costs.ceilings.1"),
    "a ceiling for nobody we know": (ES_CI, 'person = "vulnerable"', 'person = "tall"', "costs.ceilings.1.person"),
    "a return that the journey does not know": (
        DE_RS,
        'return_type = "voluntary"',
        'return_type = "by-sea"',
        "costs.ceilings.1.return_type",
    ),
    "a category that is unknown": (ES_CI, 'training = "host"', 'cinema = "host"', "costs.borne_by.cinema"),
    "a bearer who is unknown": (ES_CI, 'training = "host"', 'training = "the queen"', "costs.borne_by.training"),
    "a part that no record has": (ES_CI, '["contacts", "assessments"', '["contacts", "gossip"', "record.parts"),
    "a sheet in another language": (ES_CI, "[sheets.es]", "[sheets.it]", "sheets.it"),
    "a language without its sheet": (ES_CI, "[sheets.es]", "[sheets.it]", "sheets.es"),
    "a sheet without its risks": (ES_CI, "\nrisks = ", "\nperils = ", "sheets.fr.risks"),
    "a title that says nothing": (ES_CI, '"Consentement au partage de vos données"', '"  "', "sheets.fr.title"),
    "a first contact that asks for what never moves": (
        sample("es-ge"),
        'asks = ["contact", ',
        'asks = ["family", ',
        "first_contact.asks",
    ),
    "a plan after the last follow-up": (ES_CI, "plan_months = 1", "plan_months = 13", "plan_months"),
    "a medicine told of a century before": (
        ES_CI,
        "medication_days = 14",
        "medication_days = 36500",
        "medication_days",
    ),
}


@pytest.mark.parametrize(("text", "good", "bad", "field"), PLANTED.values(), ids=PLANTED)
def test_a_contradiction_is_named(text: str, good: str, bad: str, field: str) -> None:
    assert field in faults(text, (good, bad))


TOLD: Mapping[str, str] = {
    "a role that does not exist on that side": (
        "its name is not a role that there is at the host: administrator, auditor, clinician, coordinator, counsellor"
    ),
    "a side that does not exist": "is not known here",
    "access to a class that never moves": "'horoscope' is not a data class",
    "access to a class that does not move here": "family never moves under this procedure",
    "an administrator who reads of a mental-health risk": (
        "an administrator sees no personal data; the list must be empty"
    ),
    "an auditor who enters something": "an auditor sees no personal data; the list must be empty",
    "no table of who reads, though mental health moves for a purpose": (
        "is missing, though mental-health-risk moves for medical-continuity"
    ),
    "a list that is missing": "is missing, even if the list is empty",
    "a taker who takes no consent": "'clinician' is not a role that takes consent at the origin: case-worker, intake",
    "a taker of the other side": "'intake' is not a role that takes consent at the host: coordinator, counsellor",
    "nobody who takes consent": "must list at least 1",
    "a consent that ends before the last follow-up": "ends before the last follow-up, in month 12",
    "a renewal before the consent": "begins before the consent itself",
    "an adult of ten": "must be from 14 to 21",
    "a table of consent that is not finished": "is missing",
    "a question for a class that does not move to the host": "skills does not move to the host",
    "a question for a class that does not move to the origin": "outcome does not move to the origin",
    "kept without a retention": "is missing, though the class moves",
    "kept, though it never moves": "the class never moves, so that nobody has it to keep",
    "kept longer than its retention": "is longer than its retention of 1825 days",
    "a currency in small letters": "must be the code of a currency such as EUR",
    "a ceiling as a float": "must be a text",
    "a ceiling of nothing": 'must be an amount above nothing, written as text with a point, such as "2000.00"',
    "a ceiling with a comma": 'must be an amount above nothing, written as text with a point, such as "2000.00"',
    "a ceiling twice for the same": "there is a ceiling for any, any already",
    "a ceiling for nobody we know": "must be one of vulnerable, minor, any",
    "a return that the journey does not know": "must be one of voluntary, assisted-voluntary, spontaneous, forced, any",
    "a category that is unknown": (
        "its name is not a category of costs: housing, medical, medical-equipment, home-care, "
        "onward-transport, education, training, business, legal, documents, counselling, other"
    ),
    "a bearer who is unknown": "must be one of host, origin, person, other",
    "a part that no record has": (
        "'gossip' is not a part of the record: contacts, assessments, plan, monitoring, communication, comments, other"
    ),
    "a sheet in another language": "the language is not among `languages`",
    "a language without its sheet": "is missing; there is a sheet in every language or in none",
    "a sheet without its risks": "is missing",
    "a title that says nothing": "must be a text that says something",
    "a first contact that asks for what never moves": "family never moves under this procedure",
    "a plan after the last follow-up": "lies after the last follow-up, in month 12",
    "a medicine told of a century before": "must be from 1 to 365",
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_contradiction_is_told_in_words(name: str) -> None:
    text, good, bad, field = PLANTED[name]
    assert TOLD[name] in {one.detail for one in refused(text.replace(good, bad, 1)) if one.field == field}


ALONE = [name for name in PLANTED if PLANTED[name][0] is ES_CI and "language" not in name and "currency" not in name]


@given(names=st.sets(st.sampled_from(ALONE), min_size=1, max_size=5))
def test_every_contradiction_is_named_beside_the_others(names: set[str]) -> None:
    planted = [PLANTED[name] for name in sorted(names)]
    text = ES_CI
    kept = []
    for _, good, bad, field in planted:
        if good in text:
            text = text.replace(good, bad, 1)
            kept.append(field)
    assert set(kept) <= faults(text)


UNREAD: Mapping[str, tuple[tuple[str, ...], str]] = {
    "entered at the host, and read by nobody there": (
        ("host.coordinator", "host.clinician"),
        "access.host: mental-health-risk may be entered, but nobody may consult it",
    ),
    "arriving at the origin, where nobody reads it": (
        ("origin.intake", "origin.clinician"),
        "access.origin: mental-health-risk may be entered, but nobody may consult it",
    ),
}


@pytest.mark.parametrize(("blind", "told"), UNREAD.values(), ids=UNREAD)
def test_somebody_reads_what_is(blind: tuple[str, ...], told: str) -> None:
    text = ES_CI
    for role in blind:
        begin = text.index("consult = ", text.index(f"[access.{role}]"))
        end = text.index("]", begin)
        text = text[:begin] + text[begin:end].replace('"mental-health-risk",', "") + text[end:]
    assert [f"{reason.field}: {reason.detail}" for reason in refused(text)] == [told]


def faults(text: str, edit: tuple[str, str] | None = None) -> set[str]:
    """The paths of everything that is refused."""
    if edit is not None:
        assert edit[0] in text
        text = text.replace(*edit, 1)
    return {reason.field for reason in refused(text)}


def refused(text: str) -> tuple[Reason, ...]:
    with pytest.raises(SopInvalid) as refusal:
        parse_sop(text)
    assert {code for code, _ in said(refusal.value.reasons)} == {"sop-invalid"}
    return refusal.value.reasons
