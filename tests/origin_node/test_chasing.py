"""Organisations that were given a part are asked for it back, and their word is told to the host."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from origin_node import chasing, erasure
from origin_node.tables import GivenRow
from relevo.domain.access import Role
from relevo.domain.tasks import Task
from relevo.errors import Forbidden, NotFound
from relevo.storage import referrals
from relevo.storage.unit_of_work import User
from support.origin_desk import Desk

DESK, SCHOOL, OTHER = "ci:accueil/housing-desk", "ci:accueil/school", "ci:accueil/shelter"
GIVEN = {DESK: ("identity-min", "contact"), SCHOOL: ("identity-min", "needs.social")}
CONFIRMED = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def given(accepted: Desk) -> Desk:
    """A referral of which two organisations were given a part."""
    for organisation, paths in GIVEN.items():
        accepted.give(organisation, *paths)
    return accepted


def _withdraw(desk: Desk) -> None:
    with desk.intake() as work:
        erasure.withdraw_consent(work, desk.thread)


def _staff(organisation: str | None, role: Role = Role.CASE_WORKER) -> User:
    return User(name="koffi", role=role, organisation=organisation)


def _confirm(desk: Desk, organisation: str, user: User) -> None:
    with desk.node.write(user) as work:
        chasing.confirm(work, desk.thread, organisation)


def _given(desk: Desk) -> dict[str, GivenRow]:
    with desk.node.read() as work:
        return {one.organisation: one for one in work.session.query(GivenRow)}


def _tasks(desk: Desk) -> list[Task]:
    with desk.node.read() as work:
        return list(chasing.tasks(work))


def _told(desk: Desk) -> list[object]:
    with desk.node.read() as work:
        taken = referrals.steps(work.session, desk.row())
    return [one.said["organisation"] for one in taken if one.step == "erasure-confirmed"]


def test_a_withdrawal_asks_everybody_who_was_given_something(given: Desk) -> None:
    _withdraw(given)
    assert {one.presentation for one in _given(given).values()} == {None}
    assert all(one.chased_at == one.ended_at == given.clock.now() for one in _given(given).values())
    assert [(one.what, one.organisation) for one in _tasks(given)] == [
        ("confirm-erasure", DESK),
        ("confirm-erasure", SCHOOL),
    ]


def test_the_host_is_told_who_was_asked(given: Desk) -> None:
    _withdraw(given)
    with given.node.read() as work:
        last = referrals.steps(work.session, given.row())[-1]
    assert (last.step, last.said["asked"]) == ("erased", [DESK, SCHOOL])


def test_one_alone_can_be_asked_while_the_referral_goes_on(given: Desk) -> None:
    with given.intake() as work:
        chasing.chase(work, referrals.by_thread(work.session, given.thread), DESK)
    assert [one.organisation for one in _tasks(given)] == [DESK]
    assert _given(given)[SCHOOL].presentation == "invented presentation"
    _confirm(given, DESK, _staff(DESK))
    assert (given.row().status, _told(given)) == ("accepted", [DESK])


def test_only_those_are_asked_who_got_something_of_a_class(given: Desk) -> None:
    with given.intake() as work:
        chasing.chase_classes(work, referrals.by_thread(work.session, given.thread), {"needs"})
    assert [one.organisation for one in _tasks(given)] == [SCHOOL]


WHO = {
    "its own staff": _staff(DESK),
    "intake on their word": _staff(None, Role.INTAKE),
}
WHO_NOT = {
    "staff of another organisation": _staff(OTHER),
    "a case worker who works for none": _staff(None),
    "an auditor": _staff(None, Role.AUDITOR),
}


@pytest.mark.parametrize("user", WHO.values(), ids=WHO)
def test_who_may_confirm(given: Desk, user: User) -> None:
    _withdraw(given)
    _confirm(given, DESK, user)
    assert [one.organisation for one in _tasks(given)] == [SCHOOL]
    assert _told(given) == [DESK]
    assert (_given(given)[DESK].confirmed_at, _given(given)[DESK].confirmed_by) == (CONFIRMED, "koffi")


@pytest.mark.parametrize("user", WHO_NOT.values(), ids=WHO_NOT)
def test_who_may_not(given: Desk, user: User) -> None:
    _withdraw(given)
    with pytest.raises(Forbidden):
        _confirm(given, DESK, user)


def test_a_second_time_tells_nothing(given: Desk) -> None:
    _withdraw(given)
    _confirm(given, DESK, _staff(DESK))
    _confirm(given, DESK, _staff(DESK))
    assert _told(given) == [DESK]


def test_who_was_given_nothing_has_nothing_to_confirm(given: Desk) -> None:
    _withdraw(given)
    with pytest.raises(NotFound):
        _confirm(given, OTHER, _staff(OTHER))


def test_who_was_not_asked_confirms_nothing(given: Desk) -> None:
    with pytest.raises(chasing.ErasureNotAsked):
        _confirm(given, DESK, _staff(DESK))


def test_after_three_working_days_intake_asks_as_well(given: Desk) -> None:
    _withdraw(given)
    due = datetime(2026, 11, 26, 17, tzinfo=UTC)
    assert {one.due_at for one in _tasks(given)} == {due}
    given.clock.move_to(due)
    assert {one.what for one in _tasks(given)} == {"confirm-erasure"}
    given.later(minutes=1)
    again = [one for one in _tasks(given) if one.what == "chase-erasure"]
    assert [(one.organisation, one.roles, one.since) for one in again] == [(None, frozenset({Role.INTAKE}), due)] * 2
    assert [word for one in again for word in one.text.split() if word in GIVEN] == [DESK, SCHOOL]


def test_an_organisation_sees_itself_alone(given: Desk) -> None:
    _withdraw(given)
    with given.node.read(_staff(DESK)) as work:
        assert [one.organisation for one in chasing.show(work, given.thread)] == [DESK]
    with given.node.read(_staff(None, Role.INTAKE)) as work:
        assert [one.organisation for one in chasing.show(work, given.thread)] == [DESK, SCHOOL]


def test_what_was_sent_by_mistake_is_chased_as_well(given: Desk) -> None:
    given.learn("entered-in-error")
    assert [one.organisation for one in _tasks(given)] == [DESK, SCHOOL]
    _confirm(given, DESK, _staff(DESK))
    assert _told(given) == [DESK]
