"""Deciding about a referral, and going on with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from origin_node import assignments, closing, erasure, first_contact, follow_up, journey, profile
from origin_node import referrals as verbs
from relevo.domain.access import Role
from relevo.domain.asking import NotToBeAsked
from relevo.domain.referral import IllegalStep
from relevo.errors import Forbidden, NotFound
from relevo.messages.steps import StepInvalid
from relevo.storage import referrals
from relevo.storage.tables import OutboxRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork
from support.origin_desk import TERMS, Desk

Act = Callable[[UnitOfWork, str], object]
DECISIONS: Mapping[str, tuple[Callable[[UnitOfWork, str], ReferralRow], str]] = {
    "accepting": (lambda work, thread: verbs.accept(work, thread, "Welcome."), "accepted"),
    "declining": (lambda work, thread: verbs.decline(work, thread, "no-capacity"), "declined"),
    "asking": (lambda work, thread: verbs.ask(work, thread, "Which port?", ["travel"]), "information-requested"),
    "putting on the list": (lambda work, thread: verbs.waitlist(work, thread, date(2026, 12, 1)), "waitlisted"),
}


@pytest.mark.parametrize(("decide", "status"), DECISIONS.values(), ids=DECISIONS)
def test_a_decision_moves_the_status_tells_the_host_and_stops_the_clock(
    requested: Desk, decide: Callable[[UnitOfWork, str], ReferralRow], status: str
) -> None:
    with requested.intake() as work:
        verbs.acknowledge(work, requested.thread)
        assert referrals.open_duty(work.session, requested.row(), "answer") is not None
        row = decide(work, requested.thread)
        assert row.status == status
        assert referrals.open_duty(work.session, row, "answer") is None
        assert [one.delivery for one in referrals.timeline(work.session, row)] == ["stored", "queued", "queued"]


def test_a_decision_before_acknowledging_is_refused_with_the_steps_that_are_allowed(requested: Desk) -> None:
    with pytest.raises(IllegalStep) as refusal, requested.intake() as work:
        verbs.accept(work, requested.thread)
    assert refusal.value.allowed == ("acknowledged", "withdrawn")
    assert requested.row().status == "requested"


def test_declining_for_another_reason_needs_words(requested: Desk) -> None:
    with requested.intake() as work:
        verbs.acknowledge(work, requested.thread)
    with pytest.raises(StepInvalid) as refusal, requested.intake() as work:
        verbs.decline(work, requested.thread, "other")
    assert [reason.field for reason in refusal.value.reasons] == ["declined.text"]


def test_a_question_names_only_what_the_procedure_lets_an_origin_ask_for(requested: Desk) -> None:
    with requested.intake() as work:
        verbs.acknowledge(work, requested.thread)
    with pytest.raises(NotToBeAsked, match="mental-health-risk") as refusal, requested.intake() as work:
        verbs.ask(work, requested.thread, "How is she?", ["needs", "mental-health-risk"])
    assert refusal.value.clause == "may_ask.origin"
    assert requested.row().status == "acknowledged"


def test_a_decision_after_its_time_is_taken_and_marked_late(requested: Desk) -> None:
    requested.later(days=30)
    with requested.intake() as work:
        verbs.acknowledge(work, requested.thread)
        verbs.decline(work, requested.thread, "no-capacity")
        late = [one.late for one in referrals.steps(work.session, requested.row())]
    assert late == [False, False, True]


def test_assistance_begins_rests_and_goes_on(accepted: Desk) -> None:
    with accepted.by(Role.CASE_WORKER) as work:
        assert verbs.start(work, accepted.thread).status == "in-progress"
        assert verbs.hold(work, accepted.thread, "Strike at the office").status == "on-hold"
        assert verbs.resume(work, accepted.thread).status == "in-progress"


def test_a_request_to_cancel_can_be_objected_to_and_agreed_to(accepted: Desk) -> None:
    accepted.learn("cancel-requested")
    with accepted.intake() as work:
        assert verbs.object_to_cancel(work, accepted.thread, "She has a room already").status == "accepted"
    accepted.learn("cancel-requested")
    with accepted.intake() as work:
        assert verbs.agree_to_cancel(work, accepted.thread).status == "cancelled"


def test_where_outcomes_may_not_return_only_the_decision_is_told(desk: Desk) -> None:
    desk.request(terms=replace(TERMS, outcomes_may_return=False))
    with desk.intake() as work:
        verbs.acknowledge(work, desk.thread)
        verbs.accept(work, desk.thread)
        verbs.start(work, desk.thread)
        told = [(one.step, one.delivery) for one in referrals.timeline(work.session, desk.row())]
    assert told[1:] == [("acknowledged", "queued"), ("accepted", "queued"), ("started", "kept-here")]


ACTS: Mapping[str, Act] = {
    "acknowledge": verbs.acknowledge,
    "accept": verbs.accept,
    "decline": lambda work, thread: verbs.decline(work, thread, "no-capacity"),
    "ask": lambda work, thread: verbs.ask(work, thread, "Why?"),
    "waitlist": lambda work, thread: verbs.waitlist(work, thread, date(2026, 12, 1)),
    "agree to cancel": verbs.agree_to_cancel,
    "object to cancel": lambda work, thread: verbs.object_to_cancel(work, thread, "no"),
    "assign": lambda work, thread: assignments.assign(work, thread, "housing", "ci:accueil/desk"),
    "close": lambda work, thread: closing.close(work, thread, "completed", {"absent_reason": "moved"}),
    "reopen": lambda work, thread: closing.reopen(work, thread, "came back"),
    "start": verbs.start,
    "hold": lambda work, thread: verbs.hold(work, thread, "strike"),
    "resume": verbs.resume,
    "confirm an arrival": lambda work, thread: journey.confirm_arrival(work, thread, work.at),
    "say that nobody came": lambda work, thread: journey.not_arrived(work, thread, "no-show"),
    "record an attempt": lambda work, thread: first_contact.record(
        work, thread, at=work.at, channel="phone", outcome="reached"
    ),
    "report a service": lambda work, thread: assignments.report(work, thread, "housing", "accepted"),
    "report a follow-up": lambda work, thread: follow_up.report(work, thread, 1, moved={}),
    "complete": closing.complete,
    "not complete": lambda work, thread: closing.not_complete(work, thread, "moved"),
    "withdraw": erasure.withdraw_consent,
    "read the profile": profile.read,
    "read the services": assignments.show,
    "read the attempts": first_contact.show,
}
INTAKE_ALONE = list(ACTS)[:10]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nobody_who_does_not_work_with_people_may(requested: Desk, act: Act, role: Role) -> None:
    with requested.by(role) as work, pytest.raises(Forbidden):
        act(work, requested.thread)


@pytest.mark.parametrize("act", [ACTS[name] for name in INTAKE_ALONE], ids=INTAKE_ALONE)
def test_a_case_worker_may_not(requested: Desk, act: Act) -> None:
    with requested.by(Role.CASE_WORKER) as work, pytest.raises(Forbidden):
        act(work, requested.thread)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_referral_that_is_not_here_is_not_found(desk: Desk, act: Act) -> None:
    with desk.intake() as work, pytest.raises(NotFound):
        act(work, desk.thread)


def test_what_is_refused_leaves_no_message_behind(requested: Desk) -> None:
    with pytest.raises(IllegalStep), requested.intake() as work:
        verbs.start(work, requested.thread)
    with requested.node.read() as work:
        assert work.session.query(OutboxRow).count() == 0
