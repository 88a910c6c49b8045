from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from relevo.domain.data_classes import JsonValue
from relevo.domain.first_contact import (
    Attempt,
    Channel,
    ContactOutcome,
    ContactUnsafe,
    DoNotContact,
    IntermediaryOnly,
    NotBeforeArrival,
    Towards,
    has_died,
    hints,
    is_made,
    require_attempt,
    require_moment,
    require_safe,
    towards,
)
from relevo.errors import RelevoError

AT = datetime(2026, 12, 15, 10, tzinfo=UTC)
OTHERS = [outcome for outcome in ContactOutcome if outcome is not ContactOutcome.REACHED]


def _attempt(outcome: ContactOutcome) -> Attempt:
    return Attempt(at=AT, by="u1", channel=Channel.PHONE, outcome=outcome)


def test_contact_is_made_once_somebody_was_reached() -> None:
    assert not is_made([])
    assert not is_made([_attempt(outcome) for outcome in OTHERS])
    assert is_made([*(_attempt(outcome) for outcome in OTHERS), _attempt(ContactOutcome.REACHED)])


TOWARDS = {
    "who may be called is called": (Channel.PHONE, Towards.PERSON),
    "who said nothing is called": (None, Towards.PERSON),
    "who named an intermediary is reached through them": (Channel.VIA_INTERMEDIARY, Towards.INTERMEDIARY),
    "who asked to be left alone is left alone": (Channel.DO_NOT_CONTACT, Towards.NOBODY),
}


@pytest.mark.parametrize(("preference", "whom"), TOWARDS.values(), ids=TOWARDS)
def test_the_preference_says_whom_a_contact_addresses(preference: Channel | None, whom: Towards) -> None:
    assert towards(preference) is whom


@pytest.mark.parametrize("channel", Channel)
def test_nobody_contacts_who_asked_to_be_left_alone(channel: Channel) -> None:
    with pytest.raises(DoNotContact):
        require_attempt(channel, preference=Channel.DO_NOT_CONTACT)


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.MESSAGE, Channel.EMAIL, Channel.IN_PERSON])
def test_nobody_goes_round_the_intermediary(channel: Channel) -> None:
    with pytest.raises(IntermediaryOnly):
        require_attempt(channel, preference=Channel.VIA_INTERMEDIARY)


def test_any_way_may_be_tried_where_nothing_speaks_against_it() -> None:
    require_attempt(Channel.VIA_INTERMEDIARY, preference=Channel.VIA_INTERMEDIARY)
    require_attempt(Channel.IN_PERSON, preference=Channel.PHONE)
    require_attempt(Channel.PHONE, preference=None)


def test_leaving_somebody_alone_is_no_way_to_reach_them() -> None:
    with pytest.raises(DoNotContact):
        require_attempt(Channel.DO_NOT_CONTACT, preference=Channel.PHONE)


def test_who_wants_no_contact_before_arrival_has_none() -> None:
    with pytest.raises(NotBeforeArrival):
        require_moment(before_arrival=False, arrived=False)
    for said, arrived in ((False, True), (True, False), (None, False)):
        require_moment(before_arrival=said, arrived=arrived)


def test_after_an_unsafe_attempt_nobody_tries_before_it_is_cleared() -> None:
    unsafe = _attempt(ContactOutcome.UNSAFE)
    with pytest.raises(ContactUnsafe):
        require_safe([unsafe, _attempt(ContactOutcome.NO_ANSWER)])
    require_safe([replace(unsafe, cleared=True), _attempt(ContactOutcome.NO_ANSWER)])


ENDINGS: dict[str, tuple[list[tuple[str, str | None]], bool]] = {
    "nothing has ended": ([("accepted", None), ("held", "died")], False),
    "not completed, because the person died": ([("not-completed", "died")], True),
    "closed for another reason after that": ([("not-completed", "died"), ("closed", "moved")], False),
    "reopened, because it was not true": ([("closed", "died"), ("reopened", "a mistake")], False),
}


@pytest.mark.parametrize(("endings", "died"), ENDINGS.values(), ids=ENDINGS)
def test_a_death_is_the_last_ending(endings: list[tuple[str, str | None]], *, died: bool) -> None:
    assert has_died(endings) is died


HINTS: dict[str, tuple[dict[str, JsonValue], list[str]]] = {
    "nothing in particular": ({"channel": "phone"}, []),
    "what never to do comes first": ({"never": "the brother", "who_may_answer": "wife"}, ["never", "who-may-answer"]),
    "the intermediary": ({"channel": "via-intermediary", "intermediary": "legal aid"}, ["via-intermediary"]),
    "within the hours": ({"hours": "10:00-20:00"}, []),
    "before them": ({"hours": "14:00-20:00"}, ["outside-hours"]),
    "between two spans": ({"hours": "08:00-12:00, 14:00-24:00"}, ["outside-hours"]),
    "in a span that passes midnight": ({"hours": "22:00-13:30"}, []),
}


@pytest.mark.parametrize(("contact", "codes"), HINTS.values(), ids=HINTS)
def test_what_to_mind_at_one_in_the_afternoon_in_baghdad(contact: dict[str, JsonValue], codes: list[str]) -> None:
    assert [one.code for one in hints(contact, at=AT, zone=ZoneInfo("Asia/Baghdad"))] == codes


FIELDS: dict[str, tuple[Callable[[], None], str]] = {
    "who asked to be left alone": (
        lambda: require_attempt(Channel.PHONE, preference=Channel.DO_NOT_CONTACT),
        "contact.channel",
    ),
    "who named an intermediary": (
        lambda: require_attempt(Channel.PHONE, preference=Channel.VIA_INTERMEDIARY),
        "contact.channel",
    ),
    "who waits for the arrival": (
        lambda: require_moment(before_arrival=False, arrived=False),
        "contact.before_arrival",
    ),
    "who was in danger the last time": (lambda: require_safe([_attempt(ContactOutcome.UNSAFE)]), "outcome"),
}


@pytest.mark.parametrize(("attempt", "field"), FIELDS.values(), ids=FIELDS)
def test_the_refusal_points_at_what_was_said_by(attempt: Callable[[], None], field: str) -> None:
    with pytest.raises(RelevoError) as refused:
        attempt()
    assert refused.value.field == field


TOLD: dict[str, tuple[dict[str, JsonValue], str]] = {
    "what never to do": ({"never": "the brother"}, "Never: the brother"),
    "the intermediary by name": (
        {"channel": "via-intermediary", "intermediary": "legal aid"},
        "Speak only with: legal aid",
    ),
    "the intermediary without": ({"channel": "via-intermediary"}, "Speak only with: the intermediary"),
    "who may answer": ({"who_may_answer": "wife"}, "Who may answer: wife"),
    "the hours": ({"hours": "14:00-20:00"}, "It is outside the hours that the person gave (14:00-20:00)."),
}


@pytest.mark.parametrize(("contact", "text"), TOLD.values(), ids=TOLD)
def test_the_hint_says(contact: dict[str, JsonValue], text: str) -> None:
    assert [one.text for one in hints(contact, at=AT, zone=ZoneInfo("Asia/Baghdad"))] == [text]


WITHIN: dict[str, tuple[str, bool]] = {
    "from the first minute": ("13:00-14:00", True),
    "not in the last": ("12:00-13:00", False),
    "in the second of two spans": ("08:00-09:00,12:30-14:00", True),
    "through the night from the first minute": ("13:00-06:00", True),
    "through the night not in the last": ("20:00-13:00", False),
    "around the clock": ("13:00-13:00", True),
    "around the clock from another hour": ("08:00-08:00", True),
}


@pytest.mark.parametrize(("hours", "within"), WITHIN.values(), ids=WITHIN)
def test_one_in_the_afternoon_lies_within(hours: str, *, within: bool) -> None:
    assert (hints({"hours": hours}, at=AT, zone=ZoneInfo("Asia/Baghdad")) == ()) is within
