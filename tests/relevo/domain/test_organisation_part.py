"""The part of one organisation: what it needs, what the person agreed to, and never what is withheld from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from relevo.domain.access import Role
from relevo.domain.consent import Terms, Withheld
from relevo.domain.data_classes import DataClass, Record
from relevo.domain.organisation_part import HEALTH, notices, part_for
from relevo.domain.sides import Side
from relevo.domain.sop import ServiceClasses, Sop, parse_sop
from relevo.domain.sop_rules import AccessRule

PURPOSE, CLINIC = "reintegration-assistance", "ci:accueil/clinic"
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
HELD: Record = {
    "identity-min": {"reference": "X-1", "given_names": "Awa (invented)"},
    "contact": {"channel": "phone", "number": "+225 07 00 00 00 01"},
    "needs": {"social": ["housing"], "economic": ["business-start"], "intentions": "a workshop"},
    "travel": {"port": "ABJ"},
    "health-summary": {"conditions": ["invented"]},
    "medication": {"items": ["invented"]},
    "mental-health-risk": {"level": "invented"},
    "consent": {"withhold": ["invented"]},
}
TERMS = Terms(purpose=PURPOSE, receiver="ci:accueil", classes=frozenset(HELD), expires_on=date(2028, 2, 28))
PLAIN = parse_sop((Path(__file__).parents[3] / "shared" / "sops" / "es-ci.toml").read_text(encoding="utf-8"))
NARROW = replace(PLAIN, access={Side.ORIGIN: {Role.CASE_WORKER: AccessRule(consult=frozenset({"contact"}))}})
OPEN = replace(
    PLAIN,
    purposes={
        **PLAIN.purposes,
        PURPOSE: replace(
            PLAIN.purposes[PURPOSE],
            services={
                name: ServiceClasses(allowed=frozenset({"needs", "travel"})) for name in ("housing", "business-start")
            },
        ),
    },
)
MIND = ServiceClasses(required=frozenset({"mental-health-risk"}))
NAMED = replace(
    PLAIN,
    purposes={**PLAIN.purposes, PURPOSE: replace(PLAIN.purposes[PURPOSE], services={"mental-health-care": MIND})},
)


def part(sop: Sop = PLAIN, terms: Terms = TERMS, service: str = "housing", at: datetime = AT) -> dict[str, list[str]]:
    found = part_for(sop, PURPOSE, terms, CLINIC, service, held=HELD, at=at)
    return {name: sorted(fields) for name, fields in found.items()}


def withheld(what: str) -> Terms:
    return replace(TERMS, withhold=(Withheld(what, CLINIC),))


BASE = {"identity-min": ["given_names", "reference"], "contact": ["channel", "number"]}
PARTS: Mapping[str, tuple[Callable[[], dict[str, list[str]]], dict[str, list[str]]]] = {
    "who it is and how to reach them, where the procedure says no more": (part, BASE),
    "nothing that case workers may not consult": (lambda: part(NARROW), {"contact": BASE["contact"]}),
    "what the category of the service allows": (
        lambda: part(OPEN),
        {**BASE, "travel": ["port"], "needs": ["social"]},
    ),
    "the needs of its own service alone": (
        lambda: part(OPEN, service="business-start"),
        {**BASE, "travel": ["port"], "needs": ["economic"]},
    ),
    "health where the category of the service names it": (
        lambda: part(service="health-care-access"),
        {**BASE, "health-summary": ["conditions"]},
    ),
    "a risk where the category of the service requires it": (
        lambda: part(NAMED, service="mental-health-care"),
        {**BASE, "mental-health-risk": ["level"]},
    ),
    "no class that the person did not agree to": (
        lambda: part(terms=replace(TERMS, classes=frozenset({"contact"}))),
        {"contact": BASE["contact"]},
    ),
    "no class that is withheld from it": (
        lambda: part(terms=withheld("contact")),
        {"identity-min": BASE["identity-min"]},
    ),
    "no field that is withheld from it": (
        lambda: part(terms=withheld("contact.number")),
        {**BASE, "contact": ["channel"]},
    ),
    "nothing where everything is withheld from it": (lambda: part(terms=withheld("everything")), {}),
    "nothing where nobody can tell what is withheld": (lambda: part(terms=withheld("her story")), {}),
    "nothing where the consent names another": (lambda: part(terms=replace(TERMS, organisation="ci:accueil/x")), {}),
    "nothing after the consent ran out": (lambda: part(at=datetime(2028, 2, 29, tzinfo=UTC)), {}),
    "nothing for a purpose that the procedure does not know, beyond the base": (
        lambda: {
            name: sorted(fields) for name, fields in part_for(PLAIN, "x", TERMS, CLINIC, "y", held=HELD, at=AT).items()
        },
        BASE,
    ),
}


@pytest.mark.parametrize(("found", "expected"), PARTS.values(), ids=PARTS)
def test_an_organisation_is_shown(found: Callable[[], dict[str, list[str]]], expected: dict[str, list[str]]) -> None:
    assert found() == expected


def test_intake_alone_reads_what_only_people_can_follow() -> None:
    withhold = (
        Withheld("psychosocial needs", "family members"),
        Withheld("contact", CLINIC),
        Withheld("her story", CLINIC),
        Withheld("contact", "an aunt"),
    )
    assert notices(replace(TERMS, withhold=withhold)) == (
        "Withhold psychosocial needs from family members.",
        "Withhold her story from ci:accueil/clinic.",
        "Withhold contact from an aunt.",
    )


def test_of_needs_only_what_asks_for_the_service_is_shown() -> None:
    assert part(OPEN)["needs"] == ["social"]
    assert part(OPEN, service="business-start")["needs"] == ["economic"]


def test_what_is_withheld_as_a_whole_or_in_part_stays() -> None:
    assert "contact" not in part(terms=withheld("contact"))
    assert part(terms=withheld("contact.number"))["contact"] == ["channel"]
    assert "travel" not in part(OPEN, terms=withheld("travel"))


def test_what_a_service_cannot_do_without_stops_everything_where_it_is_withheld() -> None:
    assert part(NAMED, terms=withheld("mental-health-risk"), service="mental-health-care") == {}
    assert part(NAMED, service="mental-health-care:talk")["mental-health-risk"] == ["level"]


def test_what_case_workers_may_not_consult_is_not_shown_although_the_service_names_it() -> None:
    assert part(replace(OPEN, access=NARROW.access)) == {"contact": BASE["contact"]}


def test_where_case_workers_have_no_rule_a_service_shows_what_it_names() -> None:
    silent = replace(OPEN, access={})
    assert part(silent) == {**BASE, "travel": ["port"], "needs": ["social"]}
    assert part(replace(NAMED, access={}), service="mental-health-care") == {**BASE, "mental-health-risk": ["level"]}


@given(
    agreed=some.frozensets(some.sampled_from(list(DataClass))),
    hidden=some.lists(some.sampled_from([*DataClass, "everything", "contact.number", "needs.social", "in words"])),
    consulted=some.frozensets(some.sampled_from(list(DataClass))),
    service=some.sampled_from(["housing", "health-care-access", "business-start", "anything"]),
)
def test_nothing_outside_consent_or_withheld_and_no_health_unasked_ever_shows(
    agreed: frozenset[str], hidden: list[str], consulted: frozenset[str], service: str
) -> None:
    terms = replace(TERMS, classes=agreed, withhold=tuple(Withheld(what, CLINIC) for what in hidden))
    sop = replace(PLAIN, access={Side.ORIGIN: {Role.CASE_WORKER: AccessRule(consult=consulted)}})
    shown = part_for(sop, PURPOSE, terms, CLINIC, service, held=HELD, at=AT)
    paths = {f"{name}.{field}" for name, fields in shown.items() for field in fields}
    assert shown.keys() <= agreed - set(hidden) - {DataClass.CONSENT}
    assert not paths & set(hidden)
    assert not shown or not {"everything", "in words"} & set(hidden)
    assert service == "health-care-access" or not shown.keys() & HEALTH
