"""What another agency of the same host cannot do or read: the record, costs, corrections, clinicians, consents, kin."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import select

from host_node import (
    agencies,
    cases,
    clinicians,
    consent_changes,
    consents,
    corrections,
    costs,
    household,
    record,
    tasks,
)
from host_node import referrals as host_referrals
from host_node.tables import ConsentRow
from relevo.delivery import clinical, task_list
from relevo.domain.access import Role
from relevo.domain.consent import Account
from relevo.errors import NotFound
from relevo.protocol import strict_json
from relevo.protocol.strict_json import JsonObject
from relevo.storage.unit_of_work import UnitOfWork, User
from support.nodes import AT, JoinedNodes
from support.story import Story, sample

OURS, OTHERS = "es:retorno/agency-a", "es:retorno/agency-b"
COSTS: JsonObject = {"currency": "EUR", "lines": [{"what": "rent", "planned": "10.00", "borne_by": "host"}]}


def of(agency: str, role: Role = Role.COUNSELLOR) -> User:
    return User(name=f"{role}-of-{agency}"[:40], role=role, organisation=agency)


@pytest.fixture
def sent(nodes: JoinedNodes) -> Story:
    """Case 01 of one agency, sent."""
    story = Story(nodes=nodes)
    with nodes.host.write(of(OURS)) as work:
        row = cases.import_case(work, strict_json.dump(sample("01")))
        story.case = row.id
        consents.record_from_file(work, row)
        story.thread = host_referrals.send(work, row).thread
    nodes.deliver()
    return story


def _account() -> Account:
    return Account(language="fr", taken_on=AT.date())


def _consent(work: UnitOfWork) -> str:
    return work.session.scalars(select(ConsentRow.id)).one()


DOING: Mapping[str, Callable[[UnitOfWork, str], object]] = {
    "read the record": record.show,
    "read what returned": record.returned,
    "read the costs": costs.show,
    "propose costs": lambda work, thread: costs.plan(work, thread, COSTS),
    "agree to costs": costs.agree,
    "report costs": lambda work, thread: costs.report(work, thread, COSTS),
    "correct": lambda work, thread: corrections.correct(work, thread, ["needs"], "wrong"),
    "narrow": lambda work, _: consent_changes.narrow(work, _consent(work), _account(), without=["needs"]),
    "renew": lambda work, _: consent_changes.renew(work, _consent(work), _account(), expires_on=AT.date()),
    "end the return": lambda work, _: consent_changes.let_nothing_return(work, _consent(work), _account()),
}
CLINICAL: Mapping[str, Callable[[UnitOfWork, str], object]] = {
    "ask": lambda work, thread: clinical.ask(work, thread, "?", entitled=agencies.entitled),
    "read": lambda work, thread: clinical.words(work, thread, entitled=agencies.entitled),
    "ask without saying whose it is": lambda work, thread: clinical.ask(work, thread, "?"),
    "read without saying whose it is": clinical.words,
    "answer": lambda work, thread: clinicians.answer(work, thread, "a message", "!"),
}


@pytest.mark.parametrize("doing", DOING)
def test_another_agency_does_not_learn_that_it_is_here(sent: Story, doing: str) -> None:
    with pytest.raises(NotFound), sent.nodes.host.write(of(OTHERS)) as work:
        DOING[doing](work, sent.thread)


@pytest.mark.parametrize("doing", CLINICAL)
def test_nor_do_its_clinicians(sent: Story, doing: str) -> None:
    with pytest.raises(NotFound), sent.nodes.host.write(of(OTHERS, Role.CLINICIAN)) as work:
        CLINICAL[doing](work, sent.thread)


def test_each_agency_has_the_tasks_of_its_own_cases_and_the_node_has_all(sent: Story) -> None:
    sent.later(days=400)
    found = {}
    for agency in (OURS, OTHERS, None):
        user = User(name="somebody", role=Role.COUNSELLOR, organisation=agency)
        with sent.nodes.host.read(user) as work:
            found[agency] = {one.task.thread for one in task_list.mine(work, tasks.SOURCES)}
    assert found == {OURS: {sent.thread}, OTHERS: set(), None: {sent.thread}}


def test_a_member_of_the_household_belongs_to_the_agency_of_the_case(nodes: JoinedNodes) -> None:
    with nodes.host.write(of(OURS)) as work:
        head = cases.import_case(work, strict_json.dump(sample("01")))
        member = household.member(work, head, 1, "ES-INVENTED-2")
        assert (member.agency, cases.find(work, member.id).id) == (OURS, member.id)
        head_id, member_id = head.id, member.id
    with pytest.raises(NotFound), nodes.host.write(of(OTHERS)) as work:
        cases.find(work, member_id)
    with nodes.host.write(of(OURS)) as work:
        cases.find(work, member_id).agency = OTHERS
    with nodes.host.write(of(OURS)) as work:
        assert [row.id for row, _ in household.linked(work, cases.find(work, head_id))] == [head_id]
