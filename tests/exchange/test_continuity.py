"""Continuity of care across the border: first contacts and medicines of the samples, and clinicians of both sides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from host_node import cases, clinicians, consents, referrals
from host_node.service import SERVICE as HOST
from origin_node import clinicians as origin_clinicians
from origin_node import journey, profile
from relevo.delivery import clinical
from relevo.domain.access import Role
from relevo.domain.disclosure import NoReturn
from relevo.domain.medication import MEDICAL_CONTINUITY
from relevo.errors import BadInput, Forbidden
from relevo.runtime import Service
from relevo.storage import users
from relevo.web.app import make_app
from support.databases import SqliteDatabases
from support.nodes import JoinedNodes
from support.pairs import join_under, sop_text
from support.story import Story, sample
from support.traces import rows_of, traces

QUESTION, ANSWER = "Which inhaler does he tolerate (invented)?", "The blue one (invented)."


@pytest.fixture
def de_iq(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Story]:
    """Case 02 at `de:rueckkehr`, to be sent to `iq:awda`."""
    yield from _story("de-iq", "02", services, sqlite_databases)


@pytest.fixture
def de_rs(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Story]:
    """Case 08 at `de:rueckkehr`, to be sent to `rs:povratak`."""
    yield from _story("de-rs", "08", services, sqlite_databases)


def _story(sop: str, number: str, services: tuple[Service, Service], databases: SqliteDatabases) -> Iterator[Story]:
    joined = join_under(sop_text(sop), services, databases)
    story = Story(nodes=joined)
    story.take_in({name: part for name, part in sample(number).items() if name != "costs"})
    yield story
    joined.close()


def send_medical(story: Story) -> None:
    with story.at_host() as work:
        story.thread = referrals.send(work, cases.find(work, story.case), MEDICAL_CONTINUITY).thread
    story.nodes.deliver()


def due(story: Story, name: str) -> str:
    """When something is due, by both nodes, in UTC."""
    found = {one.due_at for node in story.nodes.both for one in story.duties(node) if one.duty == name}
    assert len(found) == 1, (name, found)
    return found.pop().isoformat()


def arrive(story: Story, at: str) -> None:
    story.nodes.clock.move_to(datetime.fromisoformat(at))
    story.nodes.deliver()
    story.origin(journey.confirm_arrival, datetime.fromisoformat(at))


def test_case_02_is_contacted_by_friday_before_dawn(de_iq: Story) -> None:
    de_iq.send()
    de_iq.accept()
    arrive(de_iq, "2026-12-03T04:10:00+03:00")
    assert due(de_iq, "first-contact") == "2026-12-04T01:10:00+00:00"


def test_case_02_does_not_run_out_of_insulin(de_iq: Story) -> None:
    send_medical(de_iq)
    assert due(de_iq, "medication-supply").startswith("2026-12-02T")
    assert {entry.problem for entry in de_iq.timeline(de_iq.nodes.host)} == {None}


def test_case_08_is_contacted_on_orthodox_christmas_and_its_question_answered_after_it(de_rs: Story) -> None:
    de_rs.send()
    de_rs.accept()
    arrive(de_rs, "2027-01-06T13:05:00+01:00")
    assert due(de_rs, "first-contact") == "2027-01-07T12:05:00+00:00"
    de_rs.later(hours=20)
    de_rs.host(referrals.cancel)
    assert due(de_rs, "answer-cancellation").startswith("2027-01-11T"), "Friday the 8th, then Monday the 11th"


def test_clinicians_of_both_sides_ask_and_answer_and_a_medicine_comes_anew(de_rs: Story) -> None:
    host, origin = de_rs.nodes.both
    send_medical(de_rs)
    assert due(de_rs, "medication-supply").startswith("2027-01-22T")
    with de_rs.at_origin(Role.CLINICIAN) as work:
        clinical.ask(work, de_rs.thread, QUESTION)
    de_rs.nodes.deliver()
    with de_rs.at_host(Role.CLINICIAN) as work:
        (asked,) = clinical.words(work, de_rs.thread)
        assert asked.text == QUESTION
        clinicians.answer(work, de_rs.thread, str(asked.jti), ANSWER, ["medication"])
    de_rs.nodes.deliver()
    with de_rs.at_origin(Role.CLINICIAN) as work:
        assert [one.text for one in clinical.words(work, de_rs.thread)] == [QUESTION, ANSWER]
        assert "medication" in {one.data_class for one in profile.read(work, de_rs.thread).stated}
    assert [entry.problem for node in (host, origin) for entry in de_rs.timeline(node)] == [None] * 6
    for node in (host, origin):
        assert {one.duty: one.done_at is not None for one in de_rs.duties(node)}["answer-clinician-host"]


def test_what_clinicians_said_is_read_by_nobody_else_and_goes_with_a_withdrawal(de_rs: Story) -> None:
    send_medical(de_rs)
    with de_rs.at_host(Role.CLINICIAN) as work:
        clinical.ask(work, de_rs.thread, QUESTION)
    de_rs.nodes.deliver()
    with de_rs.at_origin(Role.CLINICIAN) as work:
        (asked,) = clinical.words(work, de_rs.thread)
        origin_clinicians.answer(work, de_rs.thread, str(asked.jti), ANSWER)
    de_rs.nodes.deliver()
    with de_rs.at_host(Role.COORDINATOR) as work, pytest.raises(Forbidden):
        clinical.words(work, de_rs.thread)
    assert not _is_told(de_rs, Role.COUNSELLOR, ANSWER)
    assert _is_told(de_rs, Role.CLINICIAN, ANSWER)
    with de_rs.at_host() as work:
        given = consents.rows_of(work, cases.find(work, de_rs.case))
        consents.withdraw(work, next(one.id for one in given if one.purpose == MEDICAL_CONTINUITY))
    de_rs.nodes.deliver()
    for node in de_rs.nodes.both:
        assert traces(rows_of(node), [QUESTION, ANSWER]) == []


def _is_told(story: Story, role: Role, text: str) -> bool:
    """Whether the timeline that the host's API shows to somebody of a role has the text in it."""
    with story.nodes.host.write() as work:
        token = users.add(work.session, f"reader-{role}", role, work.at)
    shown = TestClient(make_app(HOST, story.nodes.host)).get(
        f"/api/referrals/{story.thread}", headers={"authorization": f"Bearer {token}"}
    )
    assert "medical-answer" in shown.text
    return text in shown.text


def test_an_answer_carries_health_alone_and_only_what_may_leave(de_rs: Story) -> None:
    send_medical(de_rs)
    with de_rs.at_origin(Role.CLINICIAN) as work:
        clinical.ask(work, de_rs.thread, QUESTION)
    de_rs.nodes.deliver()
    with de_rs.at_host(Role.CLINICIAN) as work:
        (asked,) = clinical.words(work, de_rs.thread)
    with de_rs.at_host(Role.CLINICIAN) as work, pytest.raises(BadInput):
        clinicians.answer(work, de_rs.thread, str(asked.jti), ANSWER, ["needs"])


def test_where_nothing_may_return_an_origin_does_not_ask(de_iq: Story) -> None:
    send_medical(de_iq)
    with de_iq.at_origin(Role.CLINICIAN) as work, pytest.raises(NoReturn):
        clinical.ask(work, de_iq.thread, QUESTION)


def test_clinicians_do_not_speak_in_a_referral_for_anything_else(nodes: JoinedNodes) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    with story.at_host(Role.CLINICIAN) as work, pytest.raises(clinical.NotMedicalContinuity):
        clinical.ask(work, story.thread, QUESTION)
