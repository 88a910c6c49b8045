"""After a withdrawal nothing of the person is left here, and the host is told, whoever was told first."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing as closing_of
from dataclasses import replace
from datetime import date

import pytest

from origin_node import erasure, first_contact, follow_up, profile, reports
from origin_node import referrals as verbs
from origin_node.release import release
from relevo.domain.access import Role
from relevo.domain.consent import Terms
from relevo.domain.referral import IllegalStep
from relevo.protocol import base64url
from relevo.storage import referrals
from relevo.storage.tables import InboxRow, OutboxRow
from support.origin_desk import TERMS, Desk

SECRETS = (
    "Awa (invented)",
    "+225 07",
    "1994-03-08",
    "workshop",
    "psychosocial",
    "business-start",
    "Strike at the workshop",
)
WORDS = {"comments": "My workshop is open (invented).", "language": "fr"}


def lived(desk: Desk) -> None:
    """Everything that can be written about a person is written."""
    with desk.by(Role.CASE_WORKER) as work:
        first_contact.record(work, desk.thread, at=work.at, channel="phone", outcome="reached")
        follow_up.report(work, desk.thread, 1, moved={}, results={"feedback": WORDS})
        verbs.hold(work, desk.thread, "Strike at the workshop")


def withdrawn_here(desk: Desk) -> None:
    with desk.by(Role.CASE_WORKER) as work:
        erasure.withdraw_consent(work, desk.thread)


def withdrawn_there(desk: Desk) -> None:
    desk.learn("withdrawn", {"scope": "all"})


def written_in(desk: Desk) -> str:
    """All rows but those of procedures, with every disclosure decoded."""
    with closing_of(sqlite3.connect(desk.node.database.engine.url.database or "")) as connection:
        rows = [line for line in connection.iterdump() if line.startswith("INSERT") and 'INTO "sop"' not in line]
    with desk.node.read() as work:
        disclosed = [one for message in work.session.query(OutboxRow) for one in message.disclosures]
    return "\n".join((*rows, *(base64url.decode(one).decode() for one in disclosed)))


def test_before_a_withdrawal_everything_is_there(arrived: Desk) -> None:
    lived(arrived)
    assert [secret for secret in SECRETS if secret not in written_in(arrived)] == []


WAYS = {"the person says it here": withdrawn_here, "the host passes it on": withdrawn_there}
ways = pytest.mark.parametrize("withdraw", WAYS.values(), ids=WAYS)


@ways
def test_nothing_of_the_person_is_left_in_the_database(arrived: Desk, withdraw: Callable[[Desk], None]) -> None:
    lived(arrived)
    withdraw(arrived)
    assert [secret for secret in SECRETS if secret in written_in(arrived)] == []


@ways
def test_the_host_is_told_and_nothing_else_waits_to_leave(arrived: Desk, withdraw: Callable[[Desk], None]) -> None:
    lived(arrived)
    withdraw(arrived)
    with arrived.node.read() as work:
        queued = work.session.query(OutboxRow).filter(OutboxRow.state == "queued").order_by(OutboxRow.jti)
        steps = [one.step for one in queued]
        held = work.session.query(OutboxRow).filter(OutboxRow.state == "held").all()
    assert steps[-1] == "erased"
    assert set(steps) <= {"withdrawn", "erased"}
    assert all(not one.disclosures and one.basis_record is None for one in held if one.classes)
    assert arrived.row().status == "erased"


@ways
def test_what_leaves_follows_only_what_left_before(arrived: Desk, withdraw: Callable[[Desk], None]) -> None:
    lived(arrived)
    withdraw(arrived)
    with arrived.node.read() as work:
        steps = [one for one in referrals.timeline(work.session, arrived.row()) if one.delivery == "queued"]
        held = {one.jti for one in work.session.query(OutboxRow).filter(OutboxRow.state == "held")}
    assert arrived.row().own_last not in held
    assert [one.step for one in steps][-1] == "erased"


def test_what_the_host_had_receipted_loses_its_disclosures_too(requested: Desk) -> None:
    requested.accept()
    with requested.node.write() as work:
        for message in work.session.query(OutboxRow):
            message.state, message.receipt = "stored", "invented receipt"
    withdrawn_here(requested)
    with requested.node.read() as work:
        receipted = work.session.query(OutboxRow).filter(OutboxRow.receipt.is_not(None)).all()
        came = work.session.query(InboxRow).all()
    assert receipted
    assert all((one.disclosures, one.basis_record, one.basis_salt) == ([], None, None) for one in receipted)
    assert all(one.disclosures is None and one.content for one in came)


@ways
def test_the_timeline_still_tells_what_was_done_and_no_longer_in_which_words(
    requested: Desk, withdraw: Callable[[Desk], None]
) -> None:
    with requested.intake() as work:
        verbs.acknowledge(work, requested.thread)
        verbs.ask(work, requested.thread, "Which port will she come to?")
    withdraw(requested)
    with requested.node.read() as work:
        told = [(one.step, one.said) for one in referrals.timeline(work.session, requested.row())]
    assert told == [
        ("requested", {}),
        ("acknowledged", {}),
        ("information-requested", {}),
        ("withdrawn", {"scope": "all"}),
        ("erased", {"kept": []}),
    ]


@ways
def test_the_profile_says_that_everything_was_erased(arrived: Desk, withdraw: Callable[[Desk], None]) -> None:
    lived(arrived)
    withdraw(arrived)
    with arrived.intake() as work:
        found = profile.read(work, arrived.thread)
        assert [one.fields for one in reports.show(work, arrived.thread)] == [{}]
        assert first_contact.show(work, arrived.thread) == []
    assert (found.stated, found.terms, found.reach.contact) == ((), None, {})
    assert "erased" in found.reach.rule


@ways
def test_nothing_is_due_and_nothing_but_erasing_is_allowed(arrived: Desk, withdraw: Callable[[Desk], None]) -> None:
    withdraw(arrived)
    with arrived.intake() as work:
        assert all(duty.dropped or duty.done_at for duty in referrals.duties(work.session, arrived.row()))
    with pytest.raises(IllegalStep) as refusal, arrived.intake() as work:
        verbs.hold(work, arrived.thread, "strike")
    assert refusal.value.allowed == ("erased",)


def test_when_both_sides_are_told_at_once_both_end_erased(accepted: Desk) -> None:
    before = accepted.row().own_last
    withdrawn_here(accepted)
    accepted.learn("withdrawn", {"scope": "all"}, seen=before)
    assert accepted.row().status == "erased"


RELEASES = {
    "a finding while the consent holds": (TERMS, 0, None),
    "a finding after the consent expired": (replace(TERMS, expires_on=date(2026, 12, 20)), 30, "consent-expired"),
    "a finding where outcomes may not return": (replace(TERMS, outcomes_may_return=False), 0, "no-return"),
}


@pytest.mark.parametrize(("terms", "days", "code"), RELEASES.values(), ids=RELEASES)
def test_asked_before_it_leaves(desk: Desk, terms: Terms, days: int, code: str | None) -> None:
    desk.request(terms=terms)
    desk.accept()
    desk.later(days=days)
    with desk.node.write() as work:
        message = work.session.query(OutboxRow).order_by(OutboxRow.jti).first()
        assert message is not None
        assert release(work, message) is None
        message.classes = ["outcome"]
        reason = release(work, message)
    assert (reason and reason.code) == code


def test_a_finding_does_not_leave_after_a_withdrawal(arrived: Desk) -> None:
    lived(arrived)
    withdrawn_here(arrived)
    with arrived.node.read() as work:
        carrying = [one for one in work.session.query(OutboxRow) if one.classes]
        codes = [reason.code for one in carrying if (reason := release(work, one))]
    assert codes == ["consent-withdrawn"]
