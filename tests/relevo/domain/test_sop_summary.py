"""What both sides read to each other before they sign, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

from relevo.domain.access import Role
from relevo.domain.access_to_data import may_consult, may_enter
from relevo.domain.sides import Side
from relevo.domain.sop import Sop
from relevo.domain.sop_rules import AccessRule
from relevo.domain.sop_summary import summary
from relevo.domain.working_time import Calendar

SAID: Mapping[str, str] = {
    "SOP": "es-ci-return, version 1",
    "between": "es:retorno (host) and ci:accueil (origin)",
    "programme": "Sample return and reintegration programme, Spain to Côte d'Ivoire",
    "effective": "2026-11-01 00:00 UTC",
    "later version": "for 30 days, takes what was referred before it",
    "sheets in": "fr, es",
    "transfer basis": "safeguards",
    "for reintegration-assistance": (
        "required: contact, identity-min, needs\n"
        "allowed: family, identity-full, skills, travel, vulnerability\n"
        "may return: costs, feedback, outcome, plan\n"
        "with health-care-access: required nothing; allowed health-summary\n"
        "with housing: required nothing; allowed costs\n"
        "with skills-recognition: required skills; allowed documents"
    ),
    "for medical-continuity": (
        "required: identity-min, medication\nallowed: contact, health-summary\nmay return: feedback, outcome"
    ),
    "answers": "emergency 24 hours, urgent 72 hours, routine 10 working days",
    "questions": "answered within 2 working days",
    "arrival": "confirmed or not within 24 hours of the planned one",
    "first contact": "2 working days after arrival; 24 hours if vulnerable",
    "it asks for": "contact, needs, travel",
    "follow-ups": "months 1, 3, 6, 12 after arrival",
    "plan": "agreed within one month of the arrival",
    "medication": "the origin is told 14 days before the supply ends",
    "consent": (
        "taken at the host by coordinator, counsellor\n"
        "taken at the origin by case-worker, intake\n"
        "for 36 months at most; renewed from 30 days before it ends\n"
        "alone from the age of 18"
    ),
    "may ask later": (
        "host: costs, feedback, outcome, plan\n"
        "origin: contact, documents, family, health-summary, identity-full, identity-min, "
        "medication, needs, skills, travel, vulnerability"
    ),
    "kept": (
        "180 days after closing: health-summary, medication, mental-health-risk\n"
        "365 days after closing: contact, documents, family, identity-full, skills, travel, vulnerability\n"
        "1825 days after closing: consent, costs, feedback, identity-min, needs, outcome, plan\n"
        "even after a withdrawal: costs, 1095 days"
    ),
    "without consent": "contact, health-summary, identity-min, medication, mental-health-risk, travel, for 72 hours",
    "costs": (
        "at most 1800.00 EUR for anybody, any return\n"
        "at most 2500.00 EUR for a vulnerable person, any return\n"
        "borne by host: business, housing, onward-transport, training\n"
        "borne by origin: documents, education, medical"
    ),
    "record": "complete with contacts, assessments, plan, monitoring, communication, comments, other",
    "sheet texts": "fr “Consentement au partage de vos données”, es “Consentimiento para compartir sus datos”",
    "host": "works in Europe/Madrid from 09:00 to 17:00; weekend: saturday, sunday; 20 holidays until 2027-12-31",
    "origin": "works in Africa/Abidjan from 08:00 to 17:00; weekend: saturday, sunday; 28 holidays until 2027-12-31",
}
CLINICIAN = (
    "enters: health-summary, medication, mental-health-risk\n"
    "consults: consent, contact, health-summary, identity-min, medication, mental-health-risk, outcome, vulnerability"
)


def test_a_sample_is_told_line_by_line(es_ci: Sop) -> None:
    told = {str(about): what for about, what in summary(es_ci).items()}
    assert {about: what for about, what in told.items() if " at the " not in about} == SAID
    assert told["clinician at the host"] == CLINICIAN
    assert told["auditor at the origin"] == "sees no personal data"


def test_fields_of_a_narrowed_class_and_ceilings_by_return_are_told(es_ge: Sop) -> None:
    told = summary(es_ge)
    assert told["for reintegration-assistance"].endswith("of travel only: arrival_at, assistance, port, return_type")
    assert told["costs"].splitlines()[1] == "at most 1500.00 EUR for anybody, assisted-voluntary return"
    assert told["costs"].splitlines()[3] == "at most 3000.00 EUR for a minor person, any return"


def test_of_what_a_procedure_does_not_say_it_is_told_what_then_holds(es_ci: Sop) -> None:
    silent = replace(es_ci, access={}, may_ask={}, costs=None, sheets={}, keep={}, plan_months=3)
    told = summary(silent)
    assert told["may ask later"] == "either side, for whatever may move"
    assert told["costs"] == "nothing is said of them"
    assert told["sheet texts"] == "none"
    assert told["plan"] == "agreed within 3 months of the arrival"
    assert "withdrawal" not in told["kept"]
    assert told["case-worker at the origin"].splitlines() == [
        f"enters: {', '.join(sorted(may_enter(silent, Side.ORIGIN, Role.CASE_WORKER)))}",
        f"consults: {', '.join(sorted(may_consult(silent, Side.ORIGIN, Role.CASE_WORKER)))}",
    ]


def test_who_only_reads_is_told_to_enter_nothing(es_ci: Sop) -> None:
    reading = replace(es_ci, access={Side.HOST: {Role.CLINICIAN: AccessRule(consult=frozenset({"contact"}))}})
    assert summary(reading)["clinician at the host"] == "enters: nothing\nconsults: contact"
    writing = replace(es_ci, access={Side.HOST: {Role.CLINICIAN: AccessRule(enter=frozenset({"contact"}))}})
    assert summary(writing)["clinician at the host"] == "enters: contact\nconsults: nothing"


def test_a_week_without_a_weekend_is_told(es_ci: Sop) -> None:
    always = Calendar(
        zone=ZoneInfo("Asia/Tbilisi"), weekend=frozenset(), opens=time(9, 30), closes=time(18), holidays=frozenset()
    )
    told = summary(replace(es_ci, calendars={Side.HOST: always, Side.ORIGIN: always}))
    assert told[Side.HOST] == "works in Asia/Tbilisi from 09:30 to 18:00; weekend: none; 0 holidays until 2027-12-31"
