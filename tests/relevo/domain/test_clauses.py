"""A refusal points at the clause of the SOP that it rests on, and the clause is there."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from relevo.domain import exception_refusals, sop_versions
from relevo.domain.consent import Consent, terms_of
from relevo.domain.disclosure import Disclosure, decide
from relevo.domain.excess_data import ExcessData, require_within
from relevo.domain.sop import Sop
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


@pytest.mark.parametrize("module", [exception_refusals, sop_versions], ids=lambda module: module.__name__)
def test_a_clause_of_a_refusal_is_a_place_in_the_sample(module: object, sop_text: Callable[[str], str]) -> None:
    clauses = [one.clause for one in vars(module).values() if isinstance(one, type) and issubclass(one, Refusal)]
    assert any(clauses)
    assert all(stands(tomllib.loads(sop_text("es-ci")), clause.split(".")) for clause in clauses if clause)


def stands(table: object, path: Iterable[str]) -> bool:
    """Whether something stands at a path of a document."""
    for name in path:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True
