"""What open kinds can show of a duty, and that every duty has a name that people can say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relevo.audit.clocks import FULFILLING
from relevo.audit.referrals import long, name_of
from relevo.domain.duty import FOLLOW_UP, OUTLIVES, Duty, follow_up_duty
from relevo.domain.sides import Side


def test_a_decision_is_the_only_thing_that_its_kind_can_tell() -> None:
    assert FULFILLING[Side.ORIGIN][Duty.ANSWER] == {"answered": True}


def test_what_shares_its_kind_with_other_steps_is_never_certain() -> None:
    shared = [FULFILLING[Side.ORIGIN][one] for one in (Duty.FIRST_CONTACT, FOLLOW_UP, Duty.PLAN)]
    assert shared == [{"contacted": False}, {"reported": False}, {"reported": False}]
    assert FULFILLING[Side.HOST][Duty.ANSWER_QUESTION] == {"message": False}


@pytest.mark.parametrize("duty", [*sorted(set(Duty) - OUTLIVES), follow_up_duty(6)])
def test_every_duty_that_a_receipt_can_name_has_a_name(duty: str) -> None:
    assert name_of(duty) != duty
    assert name_of(duty).startswith(("the ", "word ", "that "))


SPANS = {
    "less than a minute": timedelta(seconds=59),
    "1 minute": timedelta(seconds=60),
    "1 hour": timedelta(minutes=119),
    "24 hours": timedelta(days=1),
    "47 hours": timedelta(hours=47),
    "2 days": timedelta(hours=71),
}


@pytest.mark.parametrize(("told", "span"), SPANS.items(), ids=SPANS)
def test_a_span_is_told_as_people_say_it(told: str, span: timedelta) -> None:
    assert long(span) == told
