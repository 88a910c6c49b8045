"""Renewing and narrowing a consent, also where both sides do so at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.domain.consent import Terms, Withheld
from relevo.domain.consent_change import (
    Change,
    ChangeUnfit,
    ConsentChangeKind,
    base_of,
    closed_classes,
    closed_fields,
    in_force,
    require_change,
)
from relevo.domain.sides import Side
from support.wording import said

RENEWED, NARROWED = ConsentChangeKind.RENEWED, ConsentChangeKind.NARROWED
END = date(2028, 2, 28)
LATER, EARLIER = END + timedelta(days=200), END - timedelta(days=200)
KEEP_NEEDS = Withheld("needs", "ci:accueil")
FIRST = Terms(
    purpose="reintegration-assistance",
    receiver="ci:accueil",
    classes=frozenset({"identity-min", "contact", "needs", "travel"}),
    expires_on=END,
    outcomes_may_return=True,
)
LESS = replace(FIRST, classes=FIRST.classes - {"needs"})
LONGER = replace(FIRST, expires_on=LATER)
MORE = replace(LONGER, classes=FIRST.classes | {"skills"})


def change(name: str, terms: Terms, *knew: str) -> Change:
    return Change(id=name, terms=terms, knew=frozenset(knew))


OUTCOMES: dict[str, tuple[list[Change], Terms]] = {
    "nothing was changed": ([], FIRST),
    "a narrowing": ([change("1", LESS)], LESS),
    "a renewal that knew of it": (
        [change("1", LESS), change("2", replace(LESS, expires_on=LATER), "1")],
        replace(LESS, expires_on=LATER),
    ),
    "a new consent that knew of it opens it again": ([change("1", LESS), change("2", LONGER, "1")], LONGER),
    "a renewal that crossed it, later": ([change("1", LESS), change("2", LONGER)], replace(LESS, expires_on=LATER)),
    "a renewal that crossed it, earlier": ([change("2", LESS), change("1", LONGER)], replace(LESS, expires_on=LATER)),
    "a new consent that crossed it": (
        [change("1", LESS), change("2", MORE)],
        replace(MORE, classes=MORE.classes - {"needs"}),
    ),
    "nothing may return, and a renewal that crossed it": (
        [change("1", replace(FIRST, outcomes_may_return=False)), change("2", LONGER)],
        replace(LONGER, outcomes_may_return=False),
    ),
    "something withheld, and a renewal that crossed it": (
        [change("1", replace(FIRST, withhold=(KEEP_NEEDS,))), change("2", LONGER)],
        replace(LONGER, withhold=(KEEP_NEEDS,)),
    ),
    "what was withheld is lifted by who knew": (
        [change("1", replace(FIRST, withhold=(KEEP_NEEDS,))), change("2", LONGER, "1")],
        LONGER,
    ),
    "an earlier end that crossed a renewal": (
        [change("1", replace(FIRST, expires_on=EARLIER)), change("2", LONGER)],
        replace(FIRST, expires_on=EARLIER),
    ),
    "an earlier end that was renewed by who knew": (
        [change("1", replace(FIRST, expires_on=EARLIER)), change("2", LONGER, "1")],
        LONGER,
    ),
    "two renewals that crossed": (
        [change("1", LONGER), change("2", replace(FIRST, expires_on=LATER + timedelta(days=9)))],
        replace(FIRST, expires_on=LATER + timedelta(days=9)),
    ),
    "two narrowings that crossed": (
        [change("1", LESS), change("2", replace(FIRST, classes=FIRST.classes - {"travel"}))],
        replace(FIRST, classes=frozenset({"identity-min", "contact"})),
    ),
    "who knew of a change although their clock ran behind": (
        [change("2", LESS), change("1", LONGER, "2")],
        LONGER,
    ),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_terms_in_force_after(name: str) -> None:
    changes, expected = OUTCOMES[name]
    assert all(in_force(FIRST, order) == expected for order in permutations(changes))


ALLOWED: dict[str, tuple[Terms, ConsentChangeKind, Side]] = {
    "the host narrows": (LESS, NARROWED, Side.HOST),
    "the origin narrows": (LESS, NARROWED, Side.ORIGIN),
    "the origin lets nothing return": (replace(FIRST, outcomes_may_return=False), NARROWED, Side.ORIGIN),
    "the origin ends it earlier": (replace(FIRST, expires_on=EARLIER), NARROWED, Side.ORIGIN),
    "the origin renews": (LONGER, RENEWED, Side.ORIGIN),
    "the origin renews less": (replace(LESS, expires_on=LATER), RENEWED, Side.ORIGIN),
    "the host records a new consent for more": (MORE, RENEWED, Side.HOST),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_side_may_change_it_where(name: str) -> None:
    after, kind, side = ALLOWED[name]
    require_change(FIRST, after, kind=kind, side=side)


REFUSED: dict[str, tuple[Terms, ConsentChangeKind, Side, str, str]] = {
    "another purpose": (replace(LONGER, purpose="x"), RENEWED, Side.HOST, "consent-other-aim", "consent.purpose"),
    "another receiver": (replace(LESS, receiver="x:y"), NARROWED, Side.HOST, "consent-other-aim", "consent.receiver"),
    "an organisation": (
        replace(LESS, organisation="o"),
        NARROWED,
        Side.HOST,
        "consent-other-aim",
        "consent.organisation",
    ),
    "nothing": (FIRST, NARROWED, Side.HOST, "consent-unchanged", "consent.classes"),
    "more, from the origin": (MORE, RENEWED, Side.ORIGIN, "consent-widened", "consent.classes"),
    "more, as a narrowing": (
        replace(FIRST, classes=MORE.classes),
        NARROWED,
        Side.HOST,
        "consent-widened",
        "consent.classes",
    ),
    "longer, as a narrowing": (LONGER, NARROWED, Side.ORIGIN, "consent-widened", "consent.expires_on"),
    "a renewal for a shorter time": (LESS, RENEWED, Side.HOST, "consent-not-later", "consent.expires_on"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_side_may_not_change_it_to(name: str) -> None:
    after, kind, side, code, field = REFUSED[name]
    with pytest.raises(ChangeUnfit) as refused:
        require_change(FIRST, after, kind=kind, side=side)
    assert (code, field) in said(refused.value.reasons)


def test_what_was_refused_to_return_is_not_opened_by_the_origin() -> None:
    closed = replace(FIRST, outcomes_may_return=False, withhold=(KEEP_NEEDS,))
    with pytest.raises(ChangeUnfit) as refused:
        require_change(closed, LONGER, kind=RENEWED, side=Side.ORIGIN)
    assert said(refused.value.reasons) == [
        ("consent-widened", "consent.outcomes_may_return"),
        ("consent-widened", "consent.withhold"),
    ]


def test_where_nobody_consented_there_is_nothing_to_renew() -> None:
    without = replace(FIRST, exception_ends=datetime(2028, 2, 28, 9, tzinfo=UTC))
    with pytest.raises(ChangeUnfit) as refused:
        require_change(without, replace(without, expires_on=LATER), kind=RENEWED, side=Side.HOST)
    assert said(refused.value.reasons) == [("consent-none", "consent.basis")]


def test_a_renewal_for_the_same_day_is_none() -> None:
    with pytest.raises(ChangeUnfit) as refused:
        require_change(FIRST, LESS, kind=RENEWED, side=Side.ORIGIN)
    assert said(refused.value.reasons) == [("consent-not-later", "consent.expires_on")]


def test_what_was_withheld_from_the_beginning_stays_withheld_until_it_is_lifted() -> None:
    first = replace(FIRST, withhold=(KEEP_NEEDS,))
    longer = replace(first, expires_on=LATER)
    assert in_force(first, []) == first
    assert in_force(first, [change("1", longer)]) == longer
    assert in_force(first, [change("1", LONGER)]) == LONGER


def test_changes_that_know_of_each_other_in_a_ring_are_no_history() -> None:
    with pytest.raises(ValueError, match="ring"):
        in_force(FIRST, [change("1", LESS, "2"), change("2", LONGER, "1")])


def test_what_is_closed_at_the_receiver() -> None:
    withheld = replace(
        FIRST, withhold=(KEEP_NEEDS, Withheld("contact.number", "ci:accueil"), Withheld("travel", "an aunt"))
    )
    assert closed_classes(FIRST, withheld) == {"needs"}
    assert closed_fields(FIRST, withheld) == {"contact.number"}
    assert closed_classes(FIRST, LESS) == {"needs"}
    assert closed_classes(FIRST, replace(FIRST, withhold=(Withheld("everything", "ci:accueil"),))) == FIRST.classes


CLASSES = ("identity-min", "contact", "needs", "travel", "skills")
DAYS = st.integers(min_value=-300, max_value=300).map(lambda days: END + timedelta(days=days))
TERMS = st.builds(
    lambda classes, outcomes, withheld, until: replace(
        FIRST,
        classes=frozenset(classes) | {"identity-min"},
        outcomes_may_return=outcomes,
        withhold=(KEEP_NEEDS,) if withheld else (),
        expires_on=until,
    ),
    st.sets(st.sampled_from(CLASSES)),
    st.booleans(),
    st.booleans(),
    DAYS,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Changes by two sides, each of which knows all of its own and a growing part of the other's."""
    made: list[Change] = []
    heard = {Side.HOST: 0, Side.ORIGIN: 0}
    own: dict[Side, list[str]] = {Side.HOST: [], Side.ORIGIN: []}
    for place in range(draw(st.integers(min_value=0, max_value=6))):
        side = draw(st.sampled_from(Side))
        other = Side.ORIGIN if side is Side.HOST else Side.HOST
        heard[side] = draw(st.integers(min_value=heard[side], max_value=len(own[other])))
        made.append(change(f"{place:02}", draw(TERMS), *own[side], *own[other][: heard[side]]))
        own[side].append(f"{place:02}")
    return made


@given(st.data())
def test_whoever_knows_the_same_changes_has_the_same_terms(data: st.DataObject) -> None:
    changes = data.draw(histories())
    assert in_force(FIRST, data.draw(st.permutations(changes))) == in_force(FIRST, changes)


@given(histories())
def test_who_knows_everything_and_changes_it_gets_what_they_said(changes: list[Change]) -> None:
    every = frozenset(one.id for one in changes)
    last = change("99", replace(LESS, expires_on=LATER, withhold=(KEEP_NEEDS,)), *every)
    assert in_force(FIRST, [*changes, last]) == last.terms


@given(histories())
def test_what_a_change_closed_stays_closed_unless_somebody_who_knew_opened_it(changes: list[Change]) -> None:
    now = in_force(FIRST, changes)
    for one in changes:
        before = base_of(FIRST, changes, one.knew)
        later = [other for other in changes if one.id in other.knew]
        for name in before.classes - one.terms.classes:
            assert name not in now.classes or any(name in other.terms.classes for other in later)
        if before.outcomes_may_return and not one.terms.outcomes_may_return and now.outcomes_may_return:
            assert any(other.terms.outcomes_may_return for other in later)
        if one.terms.expires_on < min(before.expires_on, now.expires_on):
            assert any(other.terms.expires_on > one.terms.expires_on for other in later)
