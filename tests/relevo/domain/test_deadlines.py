from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from relevo.domain.deadlines import (
    Due,
    DueState,
    Duty,
    Facts,
    duties_done,
    duties_started,
    follow_up_duty,
    is_unanswered,
    stands,
    state_of,
)
from relevo.domain.first_contact import Channel
from relevo.domain.journey import Journey
from relevo.domain.medication import act_by
from relevo.domain.referral import Status
from relevo.domain.sides import Side, Urgency
from relevo.domain.sop import Sop
from relevo.domain.working_time import Calendar

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUTINE = Facts(urgency=Urgency.ROUTINE)
MONDAY = "2026-11-23T10:00Z"
HOUR = timedelta(hours=1)
MADRID = ZoneInfo("Europe/Madrid")
CALENDAR = Calendar(
    zone=ZoneInfo("Africa/Abidjan"), weekend=frozenset({5, 6}), opens=time(8), closes=time(17), holidays=frozenset()
)

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
    "who did not arrive is asked about at the host": (
        "not-arrived",
        ROUTINE,
        MONDAY,
        (("answer-journey", "host", "2026-11-25T16:00Z"),),
    ),
    "a waiting list is looked at again by closing time of its day": (
        "waitlisted",
        replace(ROUTINE, review_on=date(2027, 2, 1)),
        MONDAY,
        (("review-waitlist", "origin", "2027-02-01T17:00Z"),),
    ),
    "a wish to take it back is answered like a question": (
        "cancel-requested",
        ROUTINE,
        MONDAY,
        (("answer-cancellation", "origin", "2026-11-25T17:00Z"),),
    ),
    "a wrong number is the host's to mend": (
        "first-contact",
        replace(ROUTINE, speaker=Side.ORIGIN, outcome="wrong-number"),
        MONDAY,
        (("correct-contact", "host", "2026-11-25T16:00Z"),),
    ),
    "no answer starts nothing": ("first-contact", replace(ROUTINE, outcome="no-answer"), MONDAY, ()),
    "a host's clinician asks those of the origin": (
        "medical-question",
        ROUTINE,
        MONDAY,
        (("answer-clinician-origin", "origin", "2026-11-25T17:00Z"),),
    ),
    "an origin's clinician asks those of the host": (
        "medical-question",
        replace(ROUTINE, speaker=Side.ORIGIN),
        MONDAY,
        (("answer-clinician-host", "host", "2026-11-25T16:00Z"),),
    ),
    "a medicine runs out": (
        "requested",
        replace(ROUTINE, supply_ends=date(2026, 12, 16)),
        MONDAY,
        (("answer", "origin", "2026-12-07T17:00Z"), ("medication-supply", "origin", "2026-12-02T17:00Z")),
    ),
    "an answer that brings no medicine leaves that clock alone": (
        "answered",
        replace(ROUTINE, supply_ends=date(2026, 12, 16)),
        MONDAY,
        (("answer", "origin", "2026-12-07T17:00Z"),),
    ),
    "a correction that brings medicines sets it anew": (
        "corrected",
        replace(ROUTINE, supply_ends=date(2027, 1, 16), carried=frozenset({"medication"})),
        MONDAY,
        (("medication-supply", "origin", "2027-01-02T17:00Z"),),
    ),
    "a corrected journey moves the confirmation": (
        "corrected",
        replace(
            ROUTINE,
            planned_arrival=datetime.fromisoformat("2026-12-20T21:00+01:00"),
            carried=frozenset({"travel"}),
        ),
        MONDAY,
        (("confirm-arrival", "origin", "2026-12-21T20:00Z"),),
    ),
    "reopening starts what lies ahead and was not done": (
        "reopened",
        replace(
            ROUTINE,
            arrived_at=datetime.fromisoformat("2026-08-01T10:00Z"),
            done=frozenset({"follow-up-6", "plan"}),
        ),
        MONDAY,
        (("follow-up-12", "origin", "2027-08-01T17:00Z"),),
    ),
    "an answer that brings a journey moves the confirmation": (
        "answered",
        replace(
            ROUTINE,
            planned_arrival=datetime.fromisoformat("2026-12-20T21:00+01:00"),
            carried=frozenset({"travel"}),
        ),
        MONDAY,
        (("answer", "origin", "2026-12-07T17:00Z"), ("confirm-arrival", "origin", "2026-12-21T20:00Z")),
    ),
    "an answer that brings none leaves it alone": (
        "answered",
        replace(ROUTINE, planned_arrival=datetime.fromisoformat("2026-12-20T21:00+01:00")),
        MONDAY,
        (("answer", "origin", "2026-12-07T17:00Z"),),
    ),
    "a clinician's answer that brings medicines sets that clock anew": (
        "medical-answer",
        replace(ROUTINE, supply_ends=date(2027, 1, 16), carried=frozenset({"medication"})),
        MONDAY,
        (("medication-supply", "origin", "2027-01-02T17:00Z"),),
    ),
    "what falls due at the very moment of reopening does not lie ahead": (
        "reopened",
        replace(
            ROUTINE,
            arrived_at=datetime.fromisoformat("2026-08-23T10:00Z"),
            done=frozenset({"follow-up-6", "follow-up-12"}),
        ),
        "2026-11-23T17:00Z",
        (),
    ),
    "a waiting list without a day has no clock": ("waitlisted", ROUTINE, MONDAY, ()),
    "reopening before anybody arrived starts nothing": ("reopened", ROUTINE, MONDAY, ()),
    "holding the assistance stops nothing and starts nothing": ("held", ROUTINE, MONDAY, ()),
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
    assert _flat(started)[1:-1] == (
        ("follow-up-1", "origin", datetime(2027, 1, 14, 17, tzinfo=UTC)),
        ("follow-up-3", "origin", datetime(2027, 3, 14, 17, tzinfo=UTC)),
        ("follow-up-6", "origin", datetime(2027, 6, 14, 17, tzinfo=UTC)),
        ("follow-up-12", "origin", datetime(2027, 12, 14, 17, tzinfo=UTC)),
    )


DONE: Mapping[str, tuple[str, dict[str, Any], set[str]]] = {
    "acceptance answers, from the waiting list too": ("accepted", {}, {"answer", "review-waitlist"}),
    "a decline answers": ("declined", {}, {"answer", "review-waitlist"}),
    "a question answers for now": ("information-requested", {}, {"answer", "review-waitlist"}),
    "an acknowledgement does not": ("acknowledged", {}, set()),
    "the host's answer": ("answered", {}, {"answer-question"}),
    "arrival is confirmed": ("arrived", {}, {"confirm-arrival"}),
    "or denied": ("not-arrived", {}, {"confirm-arrival"}),
    "a new journey answers what became of the old one": ("journey-changed", {}, {"answer-journey"}),
    "so does giving it up": ("journey-cancelled", {}, {"answer-journey"}),
    "agreeing to cancel": ("cancel-agreed", {}, {"answer-cancellation"}),
    "objecting to it": ("cancel-objected", {}, {"answer-cancellation"}),
    "reached is contacted, so the number was right": (
        "first-contact",
        {"outcome": "reached"},
        {"first-contact", "correct-contact"},
    ),
    "no answer is not": ("first-contact", {"outcome": "no-answer"}, set()),
    "a follow-up of no month": ("follow-up", {}, set()),
    "the follow-up of its month": ("follow-up", {"month": 3}, {follow_up_duty(3)}),
    "a corrected number": ("corrected", {"corrected": ("contact",)}, {"correct-contact"}),
    "another correction": ("corrected", {"corrected": ("needs",)}, set()),
    "the plan": ("plan-agreed", {}, {"plan"}),
    "there is more of the medicine": ("medication-secured", {}, {"medication-supply"}),
    "the clinicians of the side that answers": ("medical-answer", {}, {"answer-clinician-origin"}),
}


@pytest.mark.parametrize(("step", "words", "duties"), DONE.values(), ids=DONE)
def test_a_step_fulfils_its_duties(step: str, words: dict[str, Any], duties: set[str]) -> None:
    assert duties_done(step, speaker=Side.ORIGIN, **words) == duties


def test_the_clinicians_of_the_host_answer_for_themselves() -> None:
    assert duties_done("medical-answer", speaker=Side.HOST) == {"answer-clinician-host"}


def test_whoever_was_reached_before_is_not_due_again(es_ci: Sop) -> None:
    facts = replace(_arrived("2026-12-14T19:35+00:00"), done=frozenset({"first-contact"}))
    assert _first_contact(es_ci, facts) is None


def test_a_confirmation_runs_from_the_planned_arrival_and_a_follow_up_from_the_month_before(es_ci: Sop) -> None:
    planned = datetime.fromisoformat("2026-12-20T21:00+01:00")
    facts = replace(_arrived("2026-12-14T19:35+00:00"), planned_arrival=planned)
    (confirm,) = duties_started("journey-changed", sop=es_ci, received_at=START, facts=facts)
    arrived = duties_started("arrived", sop=es_ci, received_at=START, facts=facts)
    assert confirm.since == planned
    assert {due.by for due in arrived} == {Side.ORIGIN}
    assert {due.duty: due.since and due.since.date() for due in arrived} == {
        "first-contact": None,
        "follow-up-1": date(2026, 12, 14),
        "follow-up-3": date(2027, 2, 14),
        "follow-up-6": date(2027, 5, 14),
        "follow-up-12": date(2027, 11, 14),
        "plan": None,
    }


STANDS: Mapping[str, tuple[str, Status, Journey, bool]] = {
    "an answer is owed while it is requested": ("answer", Status.REQUESTED, Journey.PLANNED, True),
    "acknowledged is not decided": ("answer", Status.ACKNOWLEDGED, Journey.PLANNED, True),
    "what is decided is not owed": ("answer", Status.ACCEPTED, Journey.PLANNED, False),
    "an arrival is confirmed once": ("confirm-arrival", Status.ACCEPTED, Journey.ARRIVED, False),
    "the next flight is to be confirmed too": ("confirm-arrival", Status.ACCEPTED, Journey.CHANGED, True),
    "who did not arrive is not contacted": ("first-contact", Status.ACCEPTED, Journey.NOT_ARRIVED, False),
    "nor asked in three months": ("follow-up-3", Status.ACCEPTED, Journey.NOT_ARRIVED, False),
    "while assistance rests the months go on": ("follow-up-3", Status.ON_HOLD, Journey.ARRIVED, True),
    "the host answers until the journey goes on": ("answer-journey", Status.ACCEPTED, Journey.NOT_ARRIVED, True),
    "and no longer": ("answer-journey", Status.ACCEPTED, Journey.CHANGED, False),
    "a medicine runs out wherever the person is": ("medication-supply", Status.REQUESTED, Journey.PLANNED, True),
    "nothing is owed after closing": ("follow-up-12", Status.CLOSED, Journey.ARRIVED, False),
    "nor after a decline": ("answer", Status.DECLINED, Journey.PLANNED, False),
    "what a host owes for an exception outlives it": ("tell-person", Status.ERASED, Journey.ARRIVED, True),
}


@pytest.mark.parametrize(("duty", "status", "journey", "may"), STANDS.values(), ids=STANDS)
def test_where_a_clock_may_run(duty: str, status: Status, journey: Journey, *, may: bool) -> None:
    assert stands(duty, status=status, journey=journey) is may


def test_after_a_death_nobody_is_asked_for_anything() -> None:
    for duty in ("first-contact", "follow-up-3", "plan", "medication-supply"):
        assert not stands(duty, status=Status.NOT_COMPLETED, journey=Journey.ARRIVED, died=True)


def test_unanswered_is_past_its_time_and_undecided() -> None:
    due = datetime.fromisoformat(MONDAY)
    assert is_unanswered(Status.ACKNOWLEDGED, due, due + HOUR)
    assert not is_unanswered(Status.ACKNOWLEDGED, due, due)
    assert not is_unanswered(Status.DECLINED, due, due + HOUR)
    assert not is_unanswered(Status.REQUESTED, None, due)


ZONES: Mapping[str, tuple[datetime, int, str]] = {
    "the night in March that has no two o'clock": (
        datetime(2027, 3, 27, 12, tzinfo=MADRID),
        24,
        "2027-03-28T13:00+02:00",
    ),
    "the night in October that has it twice": (datetime(2026, 10, 24, 12, tzinfo=MADRID), 24, "2026-10-25T11:00+01:00"),
    "a zone without summer time": (
        datetime(2027, 3, 27, 12, tzinfo=ZoneInfo("Africa/Abidjan")),
        24,
        "2027-03-28T12:00+00:00",
    ),
}


@pytest.mark.parametrize(("planned", "hours", "end"), ZONES.values(), ids=ZONES)
def test_hours_are_hours_of_the_clock_on_every_night(es_ci: Sop, planned: datetime, hours: int, end: str) -> None:
    sop = replace(es_ci, arrival_confirmation_hours=hours)
    (_, due) = duties_started(
        "requested", sop=sop, received_at=planned - HOUR, facts=replace(ROUTINE, planned_arrival=planned)
    )
    assert due.at == datetime.fromisoformat(end)


def test_a_working_day_ends_at_local_closing_time_before_and_after_the_change(es_ci: Sop) -> None:
    """Madrid goes from +01:00 to +02:00 on Sunday, 28 March 2027; Friday is Good Friday."""
    for day, end in ((22, "2027-03-24T17:00+01:00"), (25, "2027-03-30T17:00+02:00")):
        received_at = datetime(2027, 3, day, 10, tzinfo=UTC)
        (due,) = duties_started("not-arrived", sop=es_ci, received_at=received_at, facts=ROUTINE)
        assert due.at == datetime.fromisoformat(end)


def test_the_end_of_a_month_is_counted_from_the_arrival(es_ci: Sop) -> None:
    started = duties_started("arrived", sop=es_ci, received_at=START, facts=_arrived("2027-01-31T10:00+00:00"))
    ends = {due.duty: due.at.date() for due in started}
    assert (ends["follow-up-1"], ends["follow-up-3"]) == (date(2027, 2, 28), date(2027, 4, 30))
    assert ends["plan"] == date(2027, 2, 28)


def test_the_eighth_sample_is_asked_on_orthodox_christmas_and_answered_after_it(de_rs: Sop) -> None:
    put = datetime.fromisoformat("2027-01-07T10:00+01:00")
    facts = replace(ROUTINE, speaker=Side.HOST)
    (due,) = duties_started("medical-question", sop=de_rs, received_at=put, facts=facts)
    local = due.at.astimezone(de_rs.calendars[Side.ORIGIN].zone)
    assert local.date() == date(2027, 1, 11), "Friday 8 January is the first working day, Monday the second"


def test_who_runs_out_before_anybody_could_act_leaves_a_day() -> None:
    assert act_by(date(2026, 12, 1), 14, CALENDAR, received_at=START) == START + 24 * HOUR
    assert act_by(date(2026, 12, 16), 14, CALENDAR, received_at=START) == datetime(2026, 12, 2, 17, tzinfo=UTC)


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
