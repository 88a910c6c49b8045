from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from types import MappingProxyType

import pytest

from relevo.domain import retention as rules
from relevo.domain.retention import EVERY_CLASS, Keeping
from relevo.domain.sop import Sop

NOON = datetime(2026, 12, 10, 12, tzinfo=UTC)
DAYS = {"identity-min": 60, "travel": 10, "needs": 60}
ENDS = {
    "nothing has ended it": ([("requested", 0), ("accepted", 1)], None),
    "it was closed": ([("accepted", 0), ("closed", 5)], 5),
    "it was declined": ([("declined", 3)], 3),
    "it was cancelled": ([("cancelled", 2)], 2),
    "the origin let it go": ([("cancel-requested", 2), ("cancel-agreed", 4)], 4),
    "it was sent by mistake": ([("entered-in-error", 1)], 1),
    "it was closed and is open again": ([("closed", 5), ("reopened", 6)], None),
    "it was closed twice": ([("closed", 5), ("reopened", 6), ("closed", 9)], 9),
    "it was closed, then withdrawn: the time does not begin anew": ([("closed", 5), ("withdrawn", 8)], 5),
    "it was open again, then withdrawn": ([("closed", 5), ("reopened", 6), ("withdrawn", 8)], 8),
    "it was withdrawn and erased": ([("withdrawn", 4), ("erased", 4), ("erased", 5)], 4),
}


def _day(number: int) -> datetime:
    return NOON + timedelta(days=number)


@pytest.fixture
def short(es_ci: Sop) -> Sop:
    """A procedure with short times, that keeps the journey for five days after a withdrawal."""
    return replace(es_ci, retention=MappingProxyType(DAYS), keep=MappingProxyType({"travel": 5}))


@pytest.mark.parametrize(("taken", "ended"), ENDS.values(), ids=ENDS)
def test_when_a_referral_ended(taken: list[tuple[str, int]], ended: int | None) -> None:
    steps = [(step, _day(number)) for step, number in taken]
    assert rules.ended_at(steps) == (None if ended is None else _day(ended))


def test_the_end_does_not_depend_on_the_order_in_which_a_node_learned_of_the_steps() -> None:
    steps = [("closed", _day(1)), ("reopened", _day(2)), ("follow-up", _day(3)), ("withdrawn", _day(4))]
    assert {rules.ended_at(order) for order in permutations(steps)} == {_day(4)}


def test_what_the_procedure_keeps_after_a_withdrawal_is_named_with_its_last_day(short: Sop) -> None:
    kept = rules.kept_after_withdrawal(short, {"travel", "needs"}, NOON)
    assert kept == (Keeping(data_class="travel", until=date(2026, 12, 15)),)


def test_what_never_came_is_not_kept(short: Sop) -> None:
    assert rules.kept_after_withdrawal(short, {"needs"}, NOON) == ()


def test_nothing_is_kept_after_a_withdrawal_where_the_procedure_names_nothing(short: Sop) -> None:
    nothing = replace(short, keep=MappingProxyType({}))
    assert rules.kept_after_withdrawal(nothing, EVERY_CLASS, NOON) == ()
    assert rules.due_for_erasure(nothing, NOON, {"travel"}, NOON, withdrawn=True) == {"travel"}


GOING = {
    "on its last day everything is there": (datetime(2026, 12, 20, 23, 59, tzinfo=UTC), False, set()),
    "when that day is over the journey goes": (datetime(2026, 12, 21, tzinfo=UTC), False, {"travel"}),
    "in the end all go": (datetime(2027, 2, 9, tzinfo=UTC), False, {"travel", "needs", "documents"}),
    "after a withdrawal only what is kept stays": (NOON, True, {"needs", "documents"}),
    "and that goes as well": (datetime(2026, 12, 16, tzinfo=UTC), True, {"travel", "needs", "documents"}),
}


@pytest.mark.parametrize(("at", "withdrawn", "due"), GOING.values(), ids=GOING)
def test_whose_time_has_come(short: Sop, at: datetime, *, withdrawn: bool, due: set[str]) -> None:
    present = {"travel", "needs", "documents"}
    assert rules.due_for_erasure(short, NOON, present, at, withdrawn=withdrawn) == due


def test_a_referral_that_ended_in_the_ordinary_way_keeps_what_a_withdrawal_lets_go(short: Sop) -> None:
    assert rules.due_for_erasure(short, NOON, {"needs"}, NOON) == frozenset()


def test_of_steps_within_one_second_the_order_of_recording_counts() -> None:
    """The other node knows the moments to the second alone."""
    steps = [("closed", NOON.replace(microsecond=900)), ("reopened", NOON.replace(microsecond=100))]
    assert rules.ended_at(steps) is None


def test_a_class_without_a_retention_goes_with_the_last(short: Sop) -> None:
    untils = {one.data_class: one.until for one in rules.retained(short, {"consent", "needs"}, NOON)}
    assert untils["consent"] == untils["needs"] == rules.whole_until(short, NOON) == date(2027, 2, 8)


def test_the_day_is_that_of_utc_on_both_sides(short: Sop) -> None:
    late = datetime.fromisoformat("2026-12-11T03:00:00+04:00")
    assert rules.retained(short, {"travel"}, late)[0].until == date(2026, 12, 20)


def test_a_procedure_that_keeps_nothing_lets_everything_go_with_the_day(short: Sop) -> None:
    nothing = replace(short, retention=MappingProxyType({}), keep=MappingProxyType({}))
    assert rules.whole_until(nothing, NOON) == NOON.date()


WORDS = {
    "a first contact tells of the way to the person": ("first-contact", {"contact"}, True),
    "and not of the journey": ("first-contact", {"travel"}, False),
    "an answer can speak of anything": ("answered", {"travel"}, True),
    "an answer stays while nothing goes": ("answered", set(), False),
    "what clinicians ask goes with health": ("medical-question", {"health-summary"}, True),
    "a request has no words of its own": ("requested", {"needs"}, False),
    "that it was erased stays": ("erased", {"needs"}, False),
}


@pytest.mark.parametrize(("step", "gone", "go"), WORDS.values(), ids=WORDS)
def test_which_words_go_with_a_class(step: str, gone: set[str], *, go: bool) -> None:
    assert rules.words_go(step, gone) is go
