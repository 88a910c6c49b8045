from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from relevo.domain.deadlines import (
    Due,
    DueState,
    Duty,
    Facts,
    duties_started,
    duty_done,
    ends_every_duty,
    follow_up_duty,
    state_of,
)
from relevo.domain.first_contact import Channel
from relevo.domain.referral import Status
from relevo.domain.sides import Side, Urgency
from relevo.domain.sop import Sop

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUTINE = Facts(urgency=Urgency.ROUTINE)
MONDAY = "2026-11-23T10:00Z"
HOUR = timedelta(hours=1)

STARTS: Mapping[str, tuple[str, Facts, str, tuple[tuple[str, str, str], ...]]] = {
    "an emergency is answered in a day by the clock": (
        "requested",
        Facts(urgency=Urgency.EMERGENCY),
        MONDAY,
        (("answer", "origin", "2026-11-24T10:00Z"),),
    ),
    "an urgent referral in three, weekend or not": (
        "requested",
        Facts(urgency=Urgency.URGENT),
        "2026-11-27T18:00Z",
        (("answer", "origin", "2026-11-30T18:00Z"),),
    ),
    "a routine one in ten working days of the origin": (
        "requested",
        ROUTINE,
        MONDAY,
        (("answer", "origin", "2026-12-07T17:00Z"),),
    ),
    "an answered question starts the answer anew": (
        "answered",
        ROUTINE,
        "2026-12-18T10:00Z",
        (("answer", "origin", "2027-01-05T17:00Z"),),
    ),
    "a planned arrival is to be confirmed": (
        "requested",
        replace(ROUTINE, planned_arrival=datetime.fromisoformat("2026-12-14T19:35+00:00")),
        MONDAY,
        (("answer", "origin", "2026-12-07T17:00Z"), ("confirm-arrival", "origin", "2026-12-15T19:35Z")),
    ),
    "a changed flight as well": (
        "journey-changed",
        replace(ROUTINE, planned_arrival=datetime.fromisoformat("2026-12-20T21:00+01:00")),
        MONDAY,
        (("confirm-arrival", "origin", "2026-12-21T20:00Z"),),
    ),
    "a question is the host's to answer, by its own holidays": (
        "information-requested",
        ROUTINE,
        "2026-12-07T10:00Z",
        (("answer-question", "host", "2026-12-10T16:00Z"),),
    ),
    "acknowledging starts nothing": ("acknowledged", ROUTINE, MONDAY, ()),
    "nor does accepting": ("accepted", ROUTINE, MONDAY, ()),
    "nor not arriving": ("not-arrived", ROUTINE, MONDAY, ()),
}


def _flat(dues: tuple[Due, ...]) -> tuple[tuple[str, str, datetime], ...]:
    return tuple((due.duty, due.by, due.at) for due in dues)


@pytest.mark.parametrize(("step", "facts", "received", "dues"), STARTS.values(), ids=STARTS)
def test_a_step_starts_its_clocks(
    es_ci: Sop, step: str, facts: Facts, received: str, dues: tuple[tuple[str, str, str], ...]
) -> None:
    started = duties_started(step, sop=es_ci, received_at=datetime.fromisoformat(received), facts=facts)
    assert _flat(started) == tuple((duty, by, datetime.fromisoformat(end)) for duty, by, end in dues)


def _first_contact(sop: Sop, facts: Facts) -> datetime | None:
    received_at = datetime(2027, 1, 7, 9, tzinfo=UTC)
    started = duties_started("arrived", sop=sop, received_at=received_at, facts=facts)
    return next((due.at for due in started if due.duty == Duty.FIRST_CONTACT), None)


def _arrived(arrival: str, *, vulnerable: bool = False, channel: Channel | None = None) -> Facts:
    arrived_at = datetime.fromisoformat(arrival)
    return replace(ROUTINE, arrived_at=arrived_at, vulnerable=vulnerable, contact_channel=channel)


CONTACTS = {
    "two working days after a Monday evening": (_arrived("2026-12-14T19:35+00:00"), "2026-12-16T17:00Z"),
    "a vulnerable person who lands before dawn, by the clock": (
        _arrived("2026-12-03T04:10+03:00", vulnerable=True),
        "2026-12-04T04:10+03:00",
    ),
    "through the intermediary as soon": (
        _arrived("2026-12-14T19:35+00:00", channel=Channel.VIA_INTERMEDIARY),
        "2026-12-16T17:00Z",
    ),
    "from the receipt where the hour of arrival is unknown": (ROUTINE, "2027-01-11T17:00Z"),
}


@pytest.mark.parametrize(("facts", "end"), CONTACTS.values(), ids=CONTACTS)
def test_first_contact_is_due(es_ci: Sop, facts: Facts, end: str) -> None:
    assert _first_contact(es_ci, facts) == datetime.fromisoformat(end)


def test_a_vulnerable_person_is_reached_on_orthodox_christmas_too(de_rs: Sop) -> None:
    facts = _arrived("2027-01-06T13:05+01:00", vulnerable=True)
    assert _first_contact(de_rs, facts) == datetime.fromisoformat("2027-01-07T13:05+01:00")


def test_no_contact_clock_runs_for_who_asked_to_be_left_alone(es_ci: Sop) -> None:
    facts = _arrived("2026-12-14T19:35+00:00", vulnerable=True, channel=Channel.DO_NOT_CONTACT)
    assert _first_contact(es_ci, facts) is None


def test_an_arrival_starts_every_follow_up(es_ci: Sop) -> None:
    facts = _arrived("2026-12-14T19:35+00:00")
    started = duties_started("arrived", sop=es_ci, received_at=datetime(2026, 12, 15, tzinfo=UTC), facts=facts)
    assert _flat(started)[1:] == (
        ("follow-up-1", "origin", datetime(2027, 1, 14, 17, tzinfo=UTC)),
        ("follow-up-3", "origin", datetime(2027, 3, 14, 17, tzinfo=UTC)),
        ("follow-up-6", "origin", datetime(2027, 6, 14, 17, tzinfo=UTC)),
        ("follow-up-12", "origin", datetime(2027, 12, 14, 17, tzinfo=UTC)),
    )


DONE: Mapping[str, tuple[str, str | None, int | None, str | None]] = {
    "acceptance answers": ("accepted", None, None, "answer"),
    "a decline answers": ("declined", None, None, "answer"),
    "a question answers for now": ("information-requested", None, None, "answer"),
    "a waiting list answers": ("waitlisted", None, None, "answer"),
    "an acknowledgement does not": ("acknowledged", None, None, None),
    "the host's answer": ("answered", None, None, "answer-question"),
    "arrival is confirmed": ("arrived", None, None, "confirm-arrival"),
    "or denied": ("not-arrived", None, None, "confirm-arrival"),
    "reached is contacted": ("first-contact", "reached", None, "first-contact"),
    "no answer is not": ("first-contact", "no-answer", None, None),
    "the follow-up of its month": ("follow-up", None, 3, follow_up_duty(3)),
}


@pytest.mark.parametrize(("step", "outcome", "month", "duty"), DONE.values(), ids=DONE)
def test_a_step_fulfils_its_duty(step: str, outcome: str | None, month: int | None, duty: str | None) -> None:
    assert duty_done(step, outcome=outcome, month=month) == duty


def test_nothing_is_owed_once_a_referral_has_ended() -> None:
    assert ends_every_duty(Status.CLOSED)
    assert ends_every_duty(Status.WITHDRAWN)
    assert not ends_every_duty(Status.COMPLETED)


START = datetime.fromisoformat(MONDAY)
DUE = Due(duty=Duty.ANSWER, by=Side.ORIGIN, at=START + 24 * HOUR)
STATES: Mapping[str, tuple[int | None, int, DueState]] = {
    "open in the first half": (None, 11, DueState.OPEN),
    "a reminder at half time": (None, 12, DueState.REMINDER),
    "a reminder up to the very moment": (None, 24, DueState.REMINDER),
    "overdue after it": (None, 25, DueState.OVERDUE),
    "kept at the very moment": (24, 30, DueState.KEPT),
    "late after it, and for ever": (25, 30, DueState.LATE),
}


@pytest.mark.parametrize(("done", "now", "state"), STATES.values(), ids=STATES)
def test_a_duty_stands(done: int | None, now: int, state: DueState) -> None:
    done_at = None if done is None else START + done * HOUR
    assert state_of(DUE, started_at=START, done_at=done_at, at=START + now * HOUR) is state
