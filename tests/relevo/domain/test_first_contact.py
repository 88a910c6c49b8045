from __future__ import annotations

from datetime import UTC, datetime

import pytest

from relevo.domain.first_contact import (
    Attempt,
    Channel,
    ContactOutcome,
    DoNotContact,
    IntermediaryOnly,
    Towards,
    is_made,
    require_attempt,
    towards,
)

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
