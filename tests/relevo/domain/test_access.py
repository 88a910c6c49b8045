from __future__ import annotations

from itertools import product

import pytest

from relevo.domain.access import MAY, Act, Role, require_role
from relevo.errors import Forbidden

CASE_ACTS = set(Act) - {
    Act.EXPORT_EVIDENCE,
    Act.EXPORT_RELATION,
    Act.VERIFY_EVIDENCE,
    Act.READ_LOG,
    Act.REGISTER_PEER,
    Act.AGREE_SOP,
    Act.MANAGE_USERS,
    Act.LIST_EXCEPTIONS,
    Act.READ_ACCESS_LOG,
    Act.MANAGE_ORGANISATIONS,
    Act.PUBLISH_CONTACTS,
    Act.READ_CONTACTS,
    Act.LIST_TASKS,
    Act.RUN_RETENTION,
    Act.MANAGE_KEYS,
}
MAY_NOT = {
    "an auditor reads no timeline": (Role.AUDITOR, Act.READ_TIMELINE),
    "an auditor sees no list": (Role.AUDITOR, Act.LIST),
    "an administrator reads no timeline": (Role.ADMINISTRATOR, Act.READ_TIMELINE),
    "a counsellor decides nothing at the origin": (Role.COUNSELLOR, Act.ACCEPT),
    "an intake officer sends nothing": (Role.INTAKE, Act.SEND),
    "a case worker does not decide": (Role.CASE_WORKER, Act.ACCEPT),
    "a case worker does not assign": (Role.CASE_WORKER, Act.ASSIGN_SERVICE),
    "a counsellor reviews no exception": (Role.COUNSELLOR, Act.REVIEW_EXCEPTION),
    "an intake officer does not read what clinicians tell each other": (Role.INTAKE, Act.READ_CLINICAL),
    "an auditor has no tasks": (Role.AUDITOR, Act.LIST_TASKS),
    "a coordinator registers no peer": (Role.COORDINATOR, Act.REGISTER_PEER),
}


@pytest.mark.parametrize(("role", "act"), MAY_NOT.values(), ids=MAY_NOT)
def test_who_may_not(role: Role, act: Act) -> None:
    with pytest.raises(Forbidden) as refusal:
        require_role(role, act)
    assert refusal.value.detail.endswith(f"these may: {', '.join(sorted(MAY[act]))}")


def test_the_table_answers_for_every_role_and_act() -> None:
    assert set(MAY) == set(Act)
    assert all(MAY.values())
    for role, act in product(Role, Act):
        if role in MAY[act]:
            require_role(role, act)


@pytest.mark.parametrize("act", sorted(CASE_ACTS))
def test_neither_auditor_nor_administrator_touches_a_case(act: Act) -> None:
    assert not MAY[act] & {Role.AUDITOR, Role.ADMINISTRATOR}


def test_auditors_have_evidence_the_logs_and_the_list_of_exceptions_alone() -> None:
    may = {act for act, roles in MAY.items() if Role.AUDITOR in roles}
    assert may == {
        Act.EXPORT_EVIDENCE,
        Act.EXPORT_RELATION,
        Act.VERIFY_EVIDENCE,
        Act.READ_LOG,
        Act.READ_ACCESS_LOG,
        Act.LIST_EXCEPTIONS,
    }


def test_either_side_hears_a_withdrawal() -> None:
    assert MAY[Act.WITHDRAW_CONSENT] >= {Role.COUNSELLOR, Role.COORDINATOR, Role.INTAKE, Role.CASE_WORKER}
