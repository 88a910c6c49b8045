from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from relevo.domain.consent import Consent, Withholding, terms_of
from relevo.domain.disclosure import ExcessData, NoReturn, may_return, require_within
from relevo.domain.sop import Sop
from support.wording import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
