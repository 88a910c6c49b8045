"""Follow-ups and closing: kept whole, returned as far as the person and the SOP allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from origin_node import assignments, closing, follow_up, reports
from origin_node.closing import CommentsMissing
from origin_node.follow_up import ArrivalUnconfirmed
from relevo.domain.access import Role
from relevo.domain.referral import IllegalStep
from relevo.messages.classes import ClassInvalid
from relevo.messages.content import Fields
from relevo.storage import referrals
from relevo.storage.tables import OutboxRow
from support.origin_desk import TERMS, Desk

WORDS = {"comments": "The workshop is open (invented).", "language": "fr"}
RESULTS: Fields = {
    "outcome": {"services": [{"service": "housing", "status": "accepted"}], "wellbeing": "Well."},
    "feedback": WORDS,
}


def sent(desk: Desk) -> list[tuple[str, list[str]]]:
    with desk.node.read() as work:
        return [(one.step, one.classes) for one in work.session.query(OutboxRow).order_by(OutboxRow.jti)]


def follow(desk: Desk, month: int = 1, results: Fields = RESULTS) -> None:
    with desk.by(Role.CASE_WORKER) as work:
        follow_up.report(work, desk.thread, month, moved={"housing": "accepted"}, results=results)


def test_a_follow_up_is_kept_returned_and_no_longer_due(arrived: Desk) -> None:
    follow(arrived)
    assert sent(arrived)[-1] == ("follow-up", ["feedback", "outcome"])
    with arrived.intake() as work:
        kept = reports.show(work, arrived.thread)
        assert [(one.month, one.reported_by, one.fields) for one in kept] == [(1, "koffi", RESULTS)]
        assert referrals.open_duty(work.session, arrived.row(), "follow-up-1") is None
        assert referrals.open_duty(work.session, arrived.row(), "follow-up-3") is not None


def test_a_follow_up_tells_where_every_service_stands(arrived: Desk) -> None:
    follow(arrived)
    with arrived.intake() as work:
        said = referrals.timeline(work.session, arrived.row())[-1].said
        stands = {one.service: one.status for one in assignments.show(work, arrived.thread)}
    assert said["services"] == [
        {"service": "business-start", "status": "offered"},
        {"service": "housing", "status": "accepted"},
    ]
    assert stands == {"business-start": "offered", "housing": "accepted"}


def test_where_outcomes_may_not_return_everything_stays_here(desk: Desk) -> None:
    desk.request(terms=replace(TERMS, outcomes_may_return=False))
    desk.accept()
    desk.arrive()
    follow(desk)
    assert [step for step, _ in sent(desk)] == ["acknowledged", "accepted"]
    with desk.intake() as work:
        assert [one.fields for one in reports.show(work, desk.thread)] == [RESULTS]


def test_after_the_consent_expired_the_step_is_told_without_what_was_found(desk: Desk) -> None:
    desk.request(terms=replace(TERMS, expires_on=date(2026, 12, 20)))
    desk.accept()
    desk.arrive()
    desk.later(days=30)
    follow(desk)
    assert sent(desk)[-1] == ("follow-up", [])


def test_a_follow_up_with_faults_names_them_all_and_keeps_nothing(arrived: Desk) -> None:
    with pytest.raises(ClassInvalid) as refusal:
        follow(arrived, results={"outcome": {"services": []}, "feedback": {"comments": "Good."}})
    assert {reason.field for reason in refusal.value.reasons} == {"outcome.services", "feedback.language"}
    with arrived.intake() as work:
        assert reports.show(work, arrived.thread) == []
        assert {one.status for one in assignments.show(work, arrived.thread)} == {"offered"}


def test_there_is_no_follow_up_before_an_arrival(accepted: Desk) -> None:
    with pytest.raises(ArrivalUnconfirmed):
        follow(accepted)


def ended(desk: Desk) -> None:
    with desk.intake() as work:
        closing.not_complete(work, desk.thread, "moved")


def test_closing_takes_the_persons_own_words_along(arrived: Desk) -> None:
    ended(arrived)
    with arrived.intake() as work:
        assert closing.close(work, arrived.thread, "moved", WORDS).status == "closed"
        assert [one.fields for one in reports.show(work, arrived.thread)] == [{"feedback": WORDS}]
    assert sent(arrived)[-1] == ("closed", ["feedback"])


def test_closing_takes_the_reason_why_there_are_no_words(arrived: Desk) -> None:
    ended(arrived)
    with arrived.intake() as work:
        assert closing.close(work, arrived.thread, "died", {"absent_reason": "She died."}).status == "closed"


@pytest.mark.parametrize("given", [{}, {"comments": ""}, {"language": "fr"}], ids=["nothing", "empty", "no words"])
def test_closing_is_refused_with(arrived: Desk, given: dict[str, str]) -> None:
    ended(arrived)
    with pytest.raises(CommentsMissing), arrived.intake() as work:
        closing.close(work, arrived.thread, "moved", given)


def test_closing_is_refused_before_the_end_was_reported(arrived: Desk) -> None:
    with pytest.raises(IllegalStep), arrived.intake() as work:
        closing.close(work, arrived.thread, "moved", WORDS)


def test_a_closed_referral_can_go_on(arrived: Desk) -> None:
    ended(arrived)
    with arrived.intake() as work:
        closing.close(work, arrived.thread, "moved", WORDS)
        assert closing.reopen(work, arrived.thread, "She came back").status == "in-progress"
