"""Who may enter and consult which class: the defaults, what a procedure narrows, and what it can never widen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relevo.domain.access import Role
from relevo.domain.access_to_data import ALL, NotYours, may_consult, may_enter, require_consult, require_enter
from relevo.domain.data_classes import DataClass
from relevo.domain.sides import Side
from relevo.domain.sop import Sop
from relevo.domain.sop_rules import AccessRule

RISK = DataClass.MENTAL_HEALTH_RISK
READERS = {
    Side.HOST: {Role.COUNSELLOR, Role.COORDINATOR, Role.CLINICIAN},
    Side.ORIGIN: {Role.INTAKE, Role.CLINICIAN},
}


def under(sop: Sop, side: Side, role: Role, rule: AccessRule) -> Sop:
    return replace(sop, access={side: {role: rule}})


@pytest.mark.parametrize(("side", "readers"), READERS.items(), ids=READERS)
def test_mental_health_risk_is_read_only_by_those_who_need_it(es_ci: Sop, side: Side, readers: set[Role]) -> None:
    silent = replace(es_ci, access={})
    assert {role for role in Role if RISK in may_consult(silent, side, role)} == readers


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_does_not_work_with_people_gets_nothing_whatever_the_procedure_says(
    es_ci: Sop, side: Side, role: Role
) -> None:
    generous = under(es_ci, side, role, AccessRule(enter=ALL, consult=ALL))
    assert (may_consult(generous, side, role), may_enter(generous, side, role)) == (frozenset(), frozenset())


def test_a_procedure_cannot_show_mental_health_risk_to_a_case_worker(es_ci: Sop) -> None:
    generous = under(es_ci, Side.ORIGIN, Role.CASE_WORKER, AccessRule(enter=ALL, consult=ALL))
    assert may_consult(generous, Side.ORIGIN, Role.CASE_WORKER) == ALL - {RISK}


def test_a_procedure_can_widen_what_may_be_widened(es_ci: Sop) -> None:
    rule = AccessRule(enter=frozenset({"medication"}), consult=frozenset({"medication"}))
    assert "medication" not in may_enter(es_ci, Side.ORIGIN, Role.CASE_WORKER)
    assert may_enter(under(es_ci, Side.ORIGIN, Role.CASE_WORKER, rule), Side.ORIGIN, Role.CASE_WORKER) == {"medication"}


def test_a_procedure_narrows_and_the_refusal_names_who_may(es_ci: Sop) -> None:
    narrow = under(es_ci, Side.ORIGIN, Role.INTAKE, AccessRule(enter=frozenset(), consult=frozenset({"contact"})))
    require_consult(narrow, Side.ORIGIN, Role.INTAKE, ["contact"])
    with pytest.raises(NotYours, match="these may: case-worker, clinician") as refused:
        require_consult(narrow, Side.ORIGIN, Role.INTAKE, ["contact", "vulnerability"])
    assert refused.value.field == "vulnerability"
    assert "may not read vulnerability" in refused.value.detail
    with pytest.raises(NotYours, match=r"may not write down contact; these may: case-worker$") as written:
        require_enter(narrow, Side.ORIGIN, Role.INTAKE, ["contact"])
    assert written.value.field == "contact"


def test_the_roles_that_are_named_are_those_of_the_procedure(es_ci: Sop) -> None:
    closed = replace(es_ci, access={Side.ORIGIN: dict.fromkeys(Role, AccessRule())})
    for require in (require_consult, require_enter):
        with pytest.raises(NotYours, match=r"these may: nobody$"):
            require(closed, Side.ORIGIN, Role.INTAKE, ["contact"])
    with pytest.raises(NotYours, match=r"these may: clinician, coordinator, counsellor$"):
        require_enter(None, Side.HOST, Role.INTAKE, ["medication"])
    require_enter(None, Side.HOST, Role.COUNSELLOR, ["medication"])
    require_consult(None, Side.HOST, Role.CLINICIAN, ["medication"])


def test_what_a_procedure_says_of_one_side_says_nothing_of_the_other(es_ci: Sop) -> None:
    narrow = under(es_ci, Side.ORIGIN, Role.CLINICIAN, AccessRule())
    assert may_consult(narrow, Side.HOST, Role.CLINICIAN) == may_consult(None, Side.HOST, Role.CLINICIAN)
    assert may_consult(narrow, Side.ORIGIN, Role.CLINICIAN) == frozenset()


def test_a_role_that_the_procedure_does_not_name_keeps_the_defaults(es_ci: Sop) -> None:
    narrow = under(es_ci, Side.ORIGIN, Role.INTAKE, AccessRule())
    assert may_consult(narrow, Side.ORIGIN, Role.CASE_WORKER) == may_consult(None, Side.ORIGIN, Role.CASE_WORKER)


def test_the_node_itself_does_its_work(es_ci: Sop) -> None:
    assert (may_consult(es_ci, Side.ORIGIN, None), may_enter(None, Side.HOST, None)) == (ALL, ALL)
