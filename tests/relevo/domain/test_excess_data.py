from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import pytest

from relevo.domain.consent import Consent, Withheld, Withholding, terms_of
from relevo.domain.data_classes import RETURNING
from relevo.domain.disclosure import ExcessData, NoReturn, may_return, require_within
from relevo.domain.excess_data import part_within, withheld_from_host
from relevo.domain.sop import Sop
from support.wording import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relevo.domain.data_classes import Record

Given: TypeAlias = "Callable[..., Consent]"
ASSISTANCE = "reintegration-assistance"
COME = {"identity-min": ["reference"], "needs": ["social"], "consent": ["purpose", "classes"]}

EXCESS: Mapping[str, tuple[dict[str, list[str]], list[str]]] = {
    "a class that was not consented to": ({"identity-full": ["passport"]}, ["identity-full.passport"]),
    "a class that the procedure does not allow": ({"medication": ["items"]}, ["medication.items"]),
    "a class that does not exist": ({"shoes": ["size"]}, ["shoes.size"]),
    "a class without any field": ({"medication": []}, ["medication"]),
    "every field of it": (
        {"vulnerability": ["markers", "note"], "plan": ["goals"]},
        ["vulnerability.markers", "vulnerability.note", "plan.goals"],
    ),
    "a field whose name is a path": ({"needs": ["social", "a.b"]}, ["needs.a.b"]),
}


@pytest.mark.parametrize(("more", "fields"), EXCESS.values(), ids=EXCESS)
def test_a_receiver_refuses_to_store(es_ci: Sop, given: Given, more: dict[str, list[str]], fields: list[str]) -> None:
    terms = terms_of(given())
    with pytest.raises(ExcessData) as refusal:
        require_within({**COME, **more}, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=["housing"])
    assert said(refusal.value.reasons) == [("excess-data", field) for field in fields]


def test_what_consent_and_procedure_allow_is_stored(es_ci: Sop, given: Given) -> None:
    terms = terms_of(given())
    require_within(COME, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=["housing"])


def test_a_field_beyond_the_narrowed_class_is_too_much(es_ge: Sop, given: Given) -> None:
    terms = terms_of(given(receiver="ge:dabruneba"))
    with pytest.raises(ExcessData) as refusal:
        require_within({"travel": ["port", "flight"]}, terms=terms, sop=es_ge, purpose=ASSISTANCE, services=[])
    assert refusal.value.field == "travel.flight"


def test_a_class_of_a_service_that_was_not_asked_for_is_too_much(es_ci: Sop, given: Given) -> None:
    terms = terms_of(given(classes=frozenset({"documents"})))
    documents = {"documents": ["files"]}
    require_within(documents, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=["skills-recognition"])
    with pytest.raises(ExcessData):
        require_within(documents, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=["housing"])


def test_what_is_withheld_from_the_receiver_is_too_much_for_it(es_ci: Sop, given: Given) -> None:
    terms = terms_of(given(withhold=(Withholding(what="needs.psychosocial", from_whom="ci:accueil"),)))
    with pytest.raises(ExcessData) as refusal:
        require_within({"needs": ["psychosocial"]}, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[])
    assert refusal.value.field == "needs.psychosocial"


@pytest.mark.parametrize("purpose", ["medical-continuity", "curiosity"])
def test_terms_for_one_purpose_carry_nothing_for_another(es_ci: Sop, given: Given, purpose: str) -> None:
    with pytest.raises(ExcessData):
        require_within(
            {"identity-min": ["reference"]}, terms=terms_of(given()), sop=es_ci, purpose=purpose, services=[]
        )


def test_outcomes_come_back_where_they_may(es_ci: Sop, given: Given) -> None:
    back = {"outcome": ["services"], "feedback": ["comments"], "plan": ["goals"], "costs": ["lines"]}
    require_within(back, terms=terms_of(given()), sop=es_ci, purpose=ASSISTANCE, services=[], returning=True)


def test_what_the_host_stated_does_not_come_back(es_ci: Sop, given: Given) -> None:
    with pytest.raises(ExcessData) as refusal:
        require_within(
            {"outcome": ["services"], "contact": ["number"]},
            terms=terms_of(given()),
            sop=es_ci,
            purpose=ASSISTANCE,
            services=[],
            returning=True,
        )
    assert refusal.value.field == "contact.number"


def test_nothing_comes_back_where_the_person_does_not_want_it(es_ci: Sop, given: Given) -> None:
    terms = terms_of(given(outcomes_may_return=False))
    require_within({}, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[], returning=True)
    with pytest.raises(NoReturn) as refusal:
        require_within(
            {"feedback": ["comments"]}, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[], returning=True
        )
    assert refusal.value.reasons[0].code == "no-return"


def test_only_four_steps_are_told_to_a_host_that_may_hear_no_outcome() -> None:
    told = {"acknowledged", "accepted", "declined", "erased"}
    other = {"information-requested", "first-contact", "follow-up", "completed", "closed", "arrived"}
    assert {step for step in told | other if may_return(step, outcomes_may_return=False)} == told
    assert all(may_return(step, outcomes_may_return=True) for step in told | other)


CAME: Record = {
    "identity-min": {"reference": "ES-1"},
    "needs": {"social": ["housing"], "psychosocial": ["family-mediation"]},
    "medication": {"items": []},
    "consent": {"purpose": ASSISTANCE},
}
BACK: Record = {"outcome": {"services": []}, "contact": {"number": "1"}, "consent": {"purpose": ASSISTANCE}}


def test_of_a_message_under_older_terms_only_what_the_terms_in_force_let_is_kept(es_ci: Sop, given: Given) -> None:
    terms = terms_of(given(withhold=(Withholding(what="needs.psychosocial", from_whom="ci:accueil"),)))
    kept = part_within(CAME, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=["housing"], returning=False)
    assert kept == {"identity-min": CAME["identity-min"], "needs": {"social": ["housing"]}}


def test_a_class_of_a_service_is_kept_only_where_the_service_was_asked_for(es_ci: Sop, given: Given) -> None:
    terms = terms_of(given(classes=frozenset({"documents"})))
    came: Record = {"documents": {"files": []}}
    asked, not_asked = (
        part_within(came, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[service], returning=False)
        for service in ("skills-recognition", "housing")
    )
    assert (asked, not_asked) == (came, {})


@pytest.mark.parametrize("returning", [True, False])
def test_nothing_is_kept_for_another_purpose(es_ci: Sop, given: Given, *, returning: bool) -> None:
    terms = terms_of(given())
    came = {**CAME, **BACK}
    assert part_within(came, terms=terms, sop=es_ci, purpose="x", services=[], returning=returning) == {}
    other = "medical-continuity"
    assert part_within(came, terms=terms, sop=es_ci, purpose=other, services=[], returning=returning) == {}


def test_of_what_came_back_outcomes_are_kept_where_they_may_return(es_ci: Sop, given: Given) -> None:
    back = part_within(BACK, terms=terms_of(given()), sop=es_ci, purpose=ASSISTANCE, services=[], returning=True)
    assert back == {"outcome": BACK["outcome"]}


def test_of_what_came_back_only_the_terms_are_kept_where_nothing_may_return(es_ci: Sop, given: Given) -> None:
    terms = terms_of(given(outcomes_may_return=False))
    back = part_within(BACK, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[], returning=True)
    assert back == {"consent": BACK["consent"]}
    there = part_within(CAME, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[], returning=False)
    assert set(there) == {"identity-min", "needs"}


def test_without_consent_a_receiver_keeps_what_saves_a_life_and_no_more(es_ci: Sop, given: Given) -> None:
    terms = replace(
        terms_of(given(classes=frozenset({"identity-min", "medication", "needs"}))),
        exception_ends=datetime(2026, 11, 25, tzinfo=UTC),
    )
    kept = part_within(CAME, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[], returning=False)
    assert set(kept) == {"identity-min", "medication"}


CLAUSES: dict[str, tuple[dict[str, list[str]], bool, str, str]] = {
    "the purpose lists what may go": (
        {"medication": ["items"]},
        False,
        "classes.allowed",
        f"purposes.{ASSISTANCE}.allowed",
    ),
    "and what may come back": ({"contact": ["number"]}, True, "classes.allowed", f"purposes.{ASSISTANCE}.returns"),
    "and the fields of a class": ({"travel": ["flight"]}, False, "classes.fields", f"purposes.{ASSISTANCE}.fields"),
    "of consent no clause speaks": ({"skills": ["years"]}, False, "consent.covers-class", ""),
}


@pytest.mark.parametrize(("came", "returning", "rule", "clause"), CLAUSES.values(), ids=CLAUSES)
def test_a_refusal_names_the_rule_and_the_clause(  # the columns of the table
    es_ge: Sop, given: Given, came: dict[str, list[str]], *, returning: bool, rule: str, clause: str
) -> None:
    terms = terms_of(given(receiver="ge:dabruneba", classes=frozenset({"travel", "medication"})))
    with pytest.raises(ExcessData) as refusal:
        require_within(came, terms=terms, sop=es_ge, purpose=ASSISTANCE, services=[], returning=returning)
    (reason,) = refusal.value.reasons
    assert (reason.rule, reason.clause) == (rule, clause)


def test_a_purpose_that_is_not_known_is_the_clause_itself(es_ci: Sop, given: Given) -> None:
    with pytest.raises(ExcessData) as refusal:
        require_within({"needs": ["social"]}, terms=terms_of(given()), sop=es_ci, purpose="x", services=[])
    assert refusal.value.reasons[0].clause == "purposes"


def test_without_consent_the_clause_is_that_of_the_exception(es_ci: Sop, given: Given) -> None:
    terms = replace(terms_of(given()), exception_ends=datetime(2026, 11, 25, tzinfo=UTC))
    with pytest.raises(ExcessData) as refusal:
        require_within({"skills": ["years"]}, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[])
    assert refusal.value.reasons[0].clause == "exception.classes"
    with pytest.raises(ExcessData) as back:
        require_within(
            {"skills": ["years"]},
            terms=replace(terms, outcomes_may_return=True),
            sop=es_ci,
            purpose=ASSISTANCE,
            services=[],
            returning=True,
        )
    assert back.value.reasons[0].clause == f"purposes.{ASSISTANCE}.returns"


def test_of_what_comes_back_the_fields_can_be_narrowed_too(es_ci: Sop, given: Given) -> None:
    narrowed = replace(es_ci.purposes[ASSISTANCE], fields={"outcome": frozenset({"services"})})
    sop = replace(es_ci, purposes={ASSISTANCE: narrowed})
    with pytest.raises(ExcessData) as refusal:
        require_within(
            {"outcome": ["services", "story"]},
            terms=terms_of(given()),
            sop=sop,
            purpose=ASSISTANCE,
            services=[],
            returning=True,
        )
    assert refusal.value.field == "outcome.story"


WITHHELD_FROM_THE_HOST = {
    "a class": ("feedback", {"outcome"}, {"feedback"}),
    "a field, and so the class": ("outcome.wellbeing", {"outcome", "feedback"}, {"outcome"}),
    "everything": ("everything", set(), set(RETURNING)),
    "something that never returns": ("needs", {"outcome", "feedback"}, set()),
}


@pytest.mark.parametrize(("what", "kept", "whole"), WITHHELD_FROM_THE_HOST.values(), ids=WITHHELD_FROM_THE_HOST)
def test_what_a_person_withholds_from_the_host_does_not_return(
    es_ci: Sop, given: Given, what: str, kept: set[str], whole: set[str]
) -> None:
    terms = replace(terms_of(given()), withhold=(Withheld(what, es_ci.host), Withheld("feedback", "an aunt")))
    came: Record = {"outcome": {"services": [], "wellbeing": "well"}, "feedback": {"comments": "thanks"}}
    left = part_within(came, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[], returning=True)
    assert set(left) == kept
    assert "wellbeing" not in left.get("outcome", {}) or what != "outcome.wellbeing"
    assert withheld_from_host(terms, es_ci.host) == whole
    assert withheld_from_host(replace(terms, outcomes_may_return=False), es_ci.host) == set(RETURNING)
    if what == "feedback":
        with pytest.raises(ExcessData):
            require_within(
                {"feedback": ["comments"]}, terms=terms, sop=es_ci, purpose=ASSISTANCE, services=[], returning=True
            )
