"""A refusal points at the clause of the SOP that it rests on, and the clause is there."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

import pytest

from relevo.delivery import clinical, costs
from relevo.domain import consent_taking, exception_refusals, follow_up, minors, sop_versions
from relevo.domain.access import Role
from relevo.domain.access_to_data import NotYours, require_consult
from relevo.domain.asking import NotToBeAsked, require_may_ask
from relevo.domain.consent import Consent, terms_of
from relevo.domain.costs import CostLine, CostSheet, Person, check
from relevo.domain.disclosure import Disclosure, decide
from relevo.domain.excess_data import ExcessData, require_within
from relevo.domain.sides import Side
from relevo.domain.sop import Sop
from relevo.domain.sop_rules import Bearer
from relevo.errors import Reason, Refusal

Given: TypeAlias = "Callable[..., Consent]"
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
ASSISTANCE = "reintegration-assistance"


def decided(sop: Sop, consents: list[Consent], *, services: tuple[str, ...] = ()) -> Disclosure:
    """The decision about a record that holds an identity alone."""
    return decide(
        {"identity-min": {"reference": "ES-2026-004417"}},
        stays=(),
        problems=(),
        consents=consents,
        sop=sop,
        purpose=ASSISTANCE,
        receiver=sop.origin,
        services=services,
        at=AT,
    )


def refused(sop: Sop, given: Consent, received: dict[str, list[str]]) -> tuple[Reason, ...]:
    """Why a receiver does not store what it got."""
    with pytest.raises(ExcessData) as refusal:
        require_within(received, terms=terms_of(given), sop=sop, purpose=ASSISTANCE, services=())
    return refusal.value.reasons


def test_a_class_that_is_missing_points_at_the_list_that_requires_it(es_ci: Sop, given: Given) -> None:
    found = decided(es_ci, [given()], services=("skills-recognition:tailor",)).reasons
    assert [(one.rule, one.field, one.clause) for one in found] == [
        ("classes.required", "contact", "purposes.reintegration-assistance.required"),
        ("classes.required", "needs", "purposes.reintegration-assistance.required"),
        ("classes.required", "skills", "purposes.reintegration-assistance.services.skills-recognition.required"),
    ]


def test_a_class_that_nobody_agreed_to_points_at_the_purpose(es_ci: Sop, given: Given) -> None:
    found = decided(es_ci, [given(classes=frozenset({"identity-min", "contact"}))]).reasons
    (lacking,) = [one for one in found if one.rule == "consent.covers-class"]
    assert (lacking.field, lacking.clause) == ("consent.classes", "purposes.reintegration-assistance")


def test_a_field_too_many_points_at_the_list_in_which_it_is_not(es_ge: Sop, given: Given) -> None:
    consent = given(receiver="ge:dabruneba", classes=frozenset({"travel", "documents"}))
    found = refused(es_ge, consent, {"travel": ["flight"], "documents": ["files"], "skills": ["years"]})
    assert {one.field: (one.rule, one.clause) for one in found} == {
        "travel.flight": ("classes.fields", "purposes.reintegration-assistance.fields"),
        "documents.files": ("classes.allowed", "purposes.reintegration-assistance.allowed"),
        "skills.years": ("consent.covers-class", ""),
    }


@pytest.mark.parametrize(
    "module",
    [exception_refusals, sop_versions, consent_taking, follow_up, costs, clinical],
    ids=lambda module: module.__name__,
)
def test_a_clause_of_a_refusal_is_a_place_in_the_sample(module: object, sop_text: Callable[[str], str]) -> None:
    clauses = [one.clause for one in vars(module).values() if isinstance(one, type) and issubclass(one, Refusal)]
    assert any(clauses)
    require_standing(sop_text("es-ci"), clauses)


def test_how_a_consent_is_taken_points_at_the_part_of_the_procedure_that_says_so(
    es_ci: Sop, sop_text: Callable[[str], str]
) -> None:
    taking = consent_taking.Taking(
        side=Side.ORIGIN,
        role=Role.CLINICIAN,
        language="dyu",
        interpreter=False,
        taken_on=AT.date(),
        expires_on=date(2040, 1, 1),
    )
    with pytest.raises(consent_taking.ConsentRuleBroken) as refusal:
        consent_taking.require_taking(es_ci, taking)
    clauses = [one.clause for one in refusal.value.reasons]
    assert clauses == ["consent.takers.origin", "consent.longest_months", "sheets"]
    require_standing(sop_text("es-ci"), clauses)


def test_a_child_alone_points_at_the_age_that_the_procedure_says(
    es_ci: Sop, given: Given, sop_text: Callable[[str], str]
) -> None:
    child, age = minors.Subject(birth_year=2015), es_ci.consent.adult_from
    (found,) = minors.minor_reasons(child, given(), None, on=AT.date(), adult_from=age)
    assert (found.rule, found.clause) == ("consent.guardian", "consent.adult_from")
    require_standing(sop_text("es-ci"), [found.clause])


def test_costs_point_at_currency_ceiling_and_bearer(es_ci: Sop, sop_text: Callable[[str], str]) -> None:
    rent = CostLine(what="rent", planned=Decimal(90_000), borne_by=Bearer.ORIGIN, category="training")
    sheet = CostSheet(currency="EUR", lines=(rent,))
    found = [
        *check(replace(sheet, currency="XOF"), es_ci.costs, Person()),
        *check(sheet, es_ci.costs, Person()),
    ]
    assert [(one.rule, one.clause) for one in found] == [
        ("costs.one-currency", "costs.currency"),
        ("costs.ceiling", "costs.ceilings"),
        ("costs.borne-by", "costs.borne_by.training"),
    ]
    require_standing(sop_text("es-ci"), [one.clause for one in found])


def test_a_class_that_is_not_yours_points_at_your_role(es_ci: Sop, sop_text: Callable[[str], str]) -> None:
    with pytest.raises(NotYours) as refusal:
        require_consult(es_ci, Side.ORIGIN, Role.CASE_WORKER, ["mental-health-risk"])
    assert (refusal.value.rule, refusal.value.clause) == ("access.classes", "access.origin.case-worker")
    require_standing(sop_text("es-ci"), [refusal.value.clause])
    with pytest.raises(NotYours) as silent:
        require_consult(replace(es_ci, access={}), Side.ORIGIN, Role.CASE_WORKER, ["mental-health-risk"])
    assert silent.value.clause == ""


def test_a_question_too_many_points_at_what_that_side_may_ask(es_ci: Sop, sop_text: Callable[[str], str]) -> None:
    with pytest.raises(NotToBeAsked) as refusal:
        require_may_ask(es_ci, Side.HOST, ["needs"])
    require_standing(sop_text("es-ci"), [refusal.value.clause])


def require_standing(text: str, clauses: Iterable[str]) -> None:
    """Each clause is a place in the text."""
    document = tomllib.loads(text)
    assert [one for one in clauses if one and not stands(document, one.split("."))] == []


def stands(table: object, path: Iterable[str]) -> bool:
    """Whether something stands at a path of a document."""
    for name in path:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True
