"""Identifiers that sort in the order in which messages were made."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from relevo.ids import new_jti

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
CLOCKS = {
    "a clock that stands still": timedelta(0),
    "a clock that runs": timedelta(seconds=1),
    "a clock that was set back": timedelta(hours=-1),
}


@pytest.mark.parametrize("step", CLOCKS.values(), ids=CLOCKS)
def test_each_message_of_a_thread_sorts_behind_the_one_before_under(step: timedelta) -> None:
    made = [new_jti(AT)]
    for count in range(1, 200):
        made.append(new_jti(AT + step * count, made[-1]))
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in made} == {(7, uuid.RFC_4122)}


def test_it_says_when_the_message_was_made() -> None:
    assert uuid.UUID(new_jti(AT)).int >> 80 == int(AT.timestamp() * 1000)
