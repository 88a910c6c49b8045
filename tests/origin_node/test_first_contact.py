"""Reaching the person, and never against what they asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from origin_node import first_contact, profile
from relevo.domain.access import Role
from relevo.domain.first_contact import DoNotContact, IntermediaryOnly
from relevo.errors import BadInput
from relevo.storage import referrals
from support.origin_desk import Desk

VIA = {"contact": {"channel": "via-intermediary", "intermediary": "Invented legal aid, +225 27 00 00 00 00"}}
NOBODY = {"contact": {"channel": "do-not-contact"}}


def attempt(desk: Desk, *, channel: str = "phone", outcome: str = "reached", at: datetime | None = None) -> None:
    with desk.by(Role.CASE_WORKER) as work:
        first_contact.record(work, desk.thread, at=at or work.at, channel=channel, outcome=outcome)


def test_attempts_are_kept_until_one_reaches_the_person_who_is_then_no_longer_due(arrived: Desk) -> None:
    attempt(arrived, outcome="no-answer")
    with arrived.intake() as work:
        assert referrals.open_duty(work.session, arrived.row(), "first-contact") is not None
    arrived.later(hours=2)
    attempt(arrived)
    with arrived.intake() as work:
        assert [(one.by, one.outcome) for one in first_contact.show(work, arrived.thread)] == [
            ("koffi", "no-answer"),
            ("koffi", "reached"),
        ]
        assert referrals.open_duty(work.session, arrived.row(), "first-contact") is None


def test_each_attempt_tells_the_host_how_and_with_what_outcome(arrived: Desk) -> None:
    attempt(arrived)
    with arrived.intake() as work:
        told = referrals.timeline(work.session, arrived.row())[-1]
    assert (told.step, told.delivery) == ("first-contact", "queued")
    assert {"channel": "phone", "outcome": "reached", "by_role": "case-worker"}.items() <= told.said.items()


def test_who_asked_not_to_be_contacted_is_not(desk: Desk) -> None:
    desk.request(NOBODY)
    desk.accept()
    desk.arrive()
    with pytest.raises(DoNotContact):
        attempt(desk)
    with desk.intake() as work:
        assert first_contact.show(work, desk.thread) == []
        assert referrals.open_duty(work.session, desk.row(), "first-contact") is None


def test_who_named_an_intermediary_is_reached_only_through_them(desk: Desk) -> None:
    desk.request(VIA)
    desk.accept()
    desk.arrive()
    with pytest.raises(IntermediaryOnly):
        attempt(desk)
    attempt(desk, channel="via-intermediary")
    with desk.intake() as work:
        assert profile.read(work, desk.thread).reach.rule.startswith("Speak only with the intermediary")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"at": datetime(2027, 1, 1, tzinfo=UTC)}, "at", id="a time that has not come"),
        pytest.param({"at": datetime(2026, 12, 15)}, "at", id="a time without an offset"),  # noqa: DTZ001 - the case
        pytest.param({"channel": "pigeon"}, "channel", id="a channel that is none"),
        pytest.param({"outcome": "maybe"}, "outcome", id="an outcome that is none"),
    ],
)
def test_an_attempt_is_not_recorded_with(arrived: Desk, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        attempt(arrived, **changes)
    assert refusal.value.field == field


def test_nobody_is_contacted_before_the_referral_was_accepted(requested: Desk) -> None:
    with pytest.raises(first_contact.ContactTooEarly):
        attempt(requested)


def test_whoever_has_arrived_is_contacted_though_nothing_is_decided(requested: Desk) -> None:
    requested.arrive_undecided()
    attempt(requested)
    assert requested.row().status == "requested"


def test_the_clock_of_first_contact_runs_from_the_arrival_not_from_its_report(arrived: Desk) -> None:
    with arrived.intake() as work:
        due = referrals.open_duty(work.session, arrived.row(), "first-contact")
    assert due is not None
    assert due.due_at - datetime(2026, 12, 14, 19, 50, tzinfo=UTC) < timedelta(days=2)
