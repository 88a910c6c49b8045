"""Costs: what stands against a plan, who bears what, what was spent beyond it, and which proposal stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.domain.costs import (
    CostLine,
    CostSheet,
    Person,
    Proposal,
    ceiling_for,
    check,
    difference,
    person_of,
    proof_faults,
    report_faults,
    standing,
    total,
    totals,
)
from relevo.domain.sop_rules import Bearer, Ceiling, CostRule
from support.wording import said

RENT = CostLine(what="rent", planned=Decimal(900), borne_by=Bearer.HOST, category="housing")
OXYGEN = CostLine(what="oxygen", planned=Decimal(360), borne_by=Bearer.HOST, category="medical")
CARE = CostLine(what="home care", planned=Decimal(300), borne_by=Bearer.ORIGIN)
PLAN = CostSheet(currency="EUR", lines=(RENT, OXYGEN, CARE), ceiling=Decimal(2000))
RULE = CostRule(
    currency="EUR",
    ceilings=(
        Ceiling(amount=Decimal(1500)),
        Ceiling(person="vulnerable", amount=Decimal(2000)),
        Ceiling(person="minor", amount=Decimal(2500)),
        Ceiling(return_type="forced", amount=Decimal(500)),
        Ceiling(person="vulnerable", return_type="forced", amount=Decimal(800)),
    ),
    borne_by={"housing": Bearer.HOST, "medical": Bearer.HOST},
)
OLDER = Person(kinds=frozenset({"vulnerable"}), return_type="voluntary")


def test_case_08_is_under_its_ceiling_and_the_host_bears_its_part() -> None:
    assert check(PLAN, RULE, OLDER) == ()
    sums = totals(PLAN.lines)
    assert [total(PLAN.lines).planned, *(one.planned for one in sums.values())] == [1560, 1260, 300]


def _with(line: CostLine, currency: str = "EUR") -> CostSheet:
    return CostSheet(currency=currency, lines=(line,))


UNFIT: dict[str, tuple[CostSheet, Person, str, str]] = {
    "a sum over the ceiling for anybody": (PLAN, Person(), "costs.ceiling", "1560 EUR, is over .* 1500 EUR"),
    "a sum over the ceiling for this return": (
        PLAN,
        Person(kinds=frozenset({"vulnerable"}), return_type="forced"),
        "costs.ceiling",
        "800 EUR",
    ),
    "a sum over the ceiling that stands beside it": (
        replace(PLAN, ceiling=Decimal(1000)),
        OLDER,
        "costs.ceiling",
        "beside them, 1000 EUR",
    ),
    "another currency": (replace(PLAN, currency="RSD"), OLDER, "costs.currency", "in EUR"),
    "another bearer than the procedure's": (
        _with(replace(RENT, borne_by=Bearer.ORIGIN)),
        OLDER,
        "costs.lines[0].borne_by",
        "housing is borne by: host",
    ),
    "a third decimal of a cent": (
        _with(replace(RENT, planned=Decimal("900.005"))),
        OLDER,
        "costs.lines[0].planned",
        "more decimals than EUR has",
    ),
    "a line that stands twice": (replace(PLAN, lines=(CARE, CARE)), OLDER, "costs.lines[1].what", "twice"),
}


@pytest.mark.parametrize(("sheet", "person", "field", "told"), UNFIT.values(), ids=UNFIT)
def test_a_plan_is_refused_for(sheet: CostSheet, person: Person, field: str, told: str) -> None:
    (reason,) = check(sheet, RULE, person)
    assert said([reason]) == [("costs-unfit", field)]
    assert re.search(told, reason.detail)


def test_the_closest_ceiling_speaks_and_the_highest_of_the_closest() -> None:
    both = Person(kinds=frozenset({"vulnerable", "minor"}), return_type="voluntary")
    found = [ceiling_for(RULE, person) for person in (Person(), OLDER, both, replace(both, return_type="forced"))]
    assert [one and one.amount for one in found] == [1500, 2000, 2500, 800]
    assert ceiling_for(CostRule(currency="EUR"), OLDER) is None


def test_a_ceiling_for_this_return_speaks_where_none_speaks_of_the_person() -> None:
    forced = Ceiling(return_type="forced", amount=Decimal(500))
    rule = CostRule(currency="EUR", ceilings=(forced, Ceiling(amount=Decimal(1500))))
    assert ceiling_for(rule, Person(kinds=frozenset({"minor"}), return_type="forced")) is forced
    others = CostRule(currency="EUR", ceilings=(Ceiling(person="minor", amount=Decimal(9)), forced))
    assert ceiling_for(others, Person(return_type="voluntary")) is None
    anybody = Ceiling(amount=Decimal(1500))
    assert ceiling_for(CostRule(currency="EUR", ceilings=(anybody,)), OLDER) is anybody


def test_a_plan_may_reach_its_ceilings() -> None:
    exact = CostRule(currency="EUR", ceilings=(Ceiling(amount=Decimal(1560)),))
    assert check(replace(PLAN, ceiling=Decimal(1560)), exact, Person()) == ()


def test_the_refusal_names_the_ceiling() -> None:
    (reason,) = check(PLAN, RULE, Person())
    assert reason.detail == (
        "the sum planned, 1560 EUR, is over the procedure's ceiling for this person and this return, 1500 EUR"
    )
    assert reason.clause == "costs.ceilings"


def test_what_was_spent_has_no_more_decimals_than_its_currency_either() -> None:
    spent = _with(replace(RENT, actual=Decimal("900.005")))
    assert said(report_faults(spent, PLAN)) == [("costs-unfit", "costs.lines[0].actual")]
    assert check(_with(replace(RENT, planned=Decimal("0.30"))), None, OLDER) == ()


def test_how_somebody_returns_is_taken_from_the_journey() -> None:
    found = person_of({}, {"return_type": "forced"}, vulnerable=True, adult_from=18, on=date(2027, 1, 7))
    assert found == Person(kinds=frozenset({"vulnerable"}), return_type="forced")
    year = {"birth_year": 2009}
    assert person_of(year, {}, vulnerable=False, adult_from=18, on=date(2027, 1, 7)).kinds == frozenset()


def test_a_line_keeps_the_category_that_was_planned_and_a_new_one_brings_its_own() -> None:
    taxi = CostLine(
        what="taxi", planned=Decimal(0), borne_by=Bearer.HOST, actual=Decimal(30), category="onward-transport"
    )
    rent = replace(RENT, actual=Decimal(1), category="other")
    assert difference([RENT], [[rent, taxi]]) == (replace(RENT, actual=Decimal(1)), taxi)


def test_money_without_decimals_has_none() -> None:
    francs = _with(replace(RENT, planned=Decimal("1000.5")), currency="XOF")
    assert [one.field for one in check(francs, None, OLDER)] == ["costs.lines[0].planned"]


PEOPLE: dict[str, tuple[dict[str, object], set[str]]] = {
    "a child": ({"birth_date": "2010-01-08"}, {"minor"}),
    "somebody on the day of coming of age": ({"birth_date": "2009-01-07"}, set()),
    "somebody a day before it": ({"birth_date": "2009-01-08"}, {"minor"}),
    "a child of whom only the year is known": ({"birth_year": 2012}, {"minor"}),
    "somebody whose age nobody knows": ({}, set()),
}


@pytest.mark.parametrize(("identity", "kinds"), PEOPLE.values(), ids=PEOPLE)
def test_who_is_a_minor(identity: dict[str, str], kinds: set[str]) -> None:
    found = person_of(identity, {}, vulnerable=False, adult_from=18, on=date(2027, 1, 7))
    assert set(found.kinds) == kinds
    assert found.return_type == "any"


def test_what_was_spent_stands_beside_what_was_planned() -> None:
    first = [replace(RENT, actual=Decimal(950)), replace(CARE, actual=Decimal(300))]
    taxi = CostLine(what="taxi", planned=Decimal(0), borne_by=Bearer.HOST, actual=Decimal(30))
    later = [replace(RENT, actual=Decimal(940)), taxi]
    lines = difference(PLAN.lines, [first, later])
    assert {line.what: line.difference for line in lines} == {"rent": 40, "oxygen": None, "home care": 0, "taxi": 30}
    assert total(lines).difference == Decimal(1270 - 1560)
    assert (total(PLAN.lines).actual, total(PLAN.lines).difference) == (None, None)


REPORTS: dict[str, tuple[CostSheet, str]] = {
    "in another currency": (replace(PLAN, currency="USD", lines=(replace(RENT, actual=Decimal(1)),)), "costs.currency"),
    "with another plan": (
        replace(PLAN, lines=(replace(RENT, planned=Decimal(1), actual=Decimal(1)),)),
        "costs.lines[0].planned",
    ),
    "in which nothing was spent": (PLAN, "costs.lines"),
}


@pytest.mark.parametrize(("report", "field"), REPORTS.values(), ids=REPORTS)
def test_no_report(report: CostSheet, field: str) -> None:
    assert said(report_faults(report, PLAN)) == [("costs-unfit", field)]


def test_a_report_may_tell_of_what_nobody_had_planned_if_it_says_so() -> None:
    taxi = CostLine(what="taxi", planned=Decimal(0), borne_by=Bearer.HOST, actual=Decimal(30))
    assert report_faults(replace(PLAN, lines=(taxi,)), PLAN) == ()
    planned = replace(PLAN, lines=(replace(taxi, planned=Decimal(30)),))
    (reason,) = report_faults(planned, PLAN)
    assert reason.field == "costs.lines[0].planned"


def test_a_proof_belongs_to_something_that_was_paid() -> None:
    report = replace(PLAN, lines=(replace(RENT, actual=Decimal(900)), CARE))
    assert proof_faults(report, [0, 0]) == ()
    faults = proof_faults(report, [0, 1, 2])
    assert [(one.field, one.rule) for one in faults] == [(f"proofs[{n}].line", "costs.proof") for n in (1, 2)]


amounts = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False, allow_infinity=False)
lines = st.lists(
    st.builds(CostLine, what=st.text(max_size=3), planned=amounts, borne_by=st.sampled_from(Bearer), actual=amounts),
    max_size=12,
)


@given(lines, st.randoms(use_true_random=False))
def test_sums_are_exact_and_do_not_depend_on_the_order(found: list[CostLine], chance: Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert totals(found) == totals(shuffled)
    cents = sum(int(line.planned * 100) for line in found)
    assert sum((one.planned for one in totals(found).values()), Decimal(0)) * 100 == cents
    assert total(found).planned == total(shuffled).planned


@st.composite
def proposals(draw: st.DrawFn) -> Sequence[Proposal]:
    """Proposals of two sides, each replacing one that its side knew of."""
    made: list[Proposal] = []
    for number in range(draw(st.integers(0, 8))):
        known = [None, *(one.jti for one in made)]
        made.append(Proposal(jti=f"{draw(st.integers(0, 99)):02}-{number}", replaces=draw(st.sampled_from(known))))
    return draw(st.permutations(made))


@given(proposals())
def test_the_same_proposal_stands_in_whatever_order_they_came(found: Sequence[Proposal]) -> None:
    stands = standing(found)
    assert stands == standing(tuple(reversed(found)))
    assert (stands is None) == (not found)
    assert stands not in {one.replaces for one in found} or stands is None
