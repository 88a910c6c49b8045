"""What differs between two procedures: nothing goes unnamed, and what data may do now stands first."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relevo.domain.sop import Sop, SopInvalid, parse_sop
from relevo.domain.sop_difference import ChangeKind, compare

if TYPE_CHECKING:
    from collections.abc import Mapping

Edit: TypeAlias = tuple[str, str]
SOPS = Path(__file__).parents[3] / "shared" / "sops"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SOPS.glob("*.toml"))]
ES_CI = (SOPS / "es-ci.toml").read_text(encoding="utf-8")
ES_GE = (SOPS / "es-ge.toml").read_text(encoding="utf-8")
ASSISTANCE = "reintegration-assistance"
STANDS_IN = {"first_contact_asks": "first_contact"}

CHANGES: Mapping[str, tuple[Edit, set[tuple[str, str, str, str]]]] = {
    "a number": (
        ("working_days = 10 ", "working_days = 5 "),
        {("response.routine.working_days", "changed", "10", "5")},
    ),
    "a unit": (
        ("emergency = { hours = 24 }", "emergency = { working_days = 1 }"),
        {("response.emergency.hours", "removed", "24", ""), ("response.emergency.working_days", "added", "", "1")},
    ),
    "a class more": (
        ('["contact", "health-summary"]', '["contact", "health-summary", "skills"]'),
        {("purposes.medical-continuity.allowed", "added", "", "skills")},
    ),
    "a class from allowed to required": (
        (
            '"contact", "needs"]\nallowed = ["identity-full", "travel", ',
            '"contact", "needs", "travel"]\nallowed = ["identity-full", ',
        ),
        {
            (f"purposes.{ASSISTANCE}.required", "added", "", "travel"),
            (f"purposes.{ASSISTANCE}.allowed", "removed", "travel", ""),
        },
    ),
    "a service less": (
        ('housing = { allowed = ["costs"] }\n', ""),
        {(f"purposes.{ASSISTANCE}.services.housing.allowed", "removed", "costs", "")},
    ),
    "a service that needs nothing": (
        ('housing = { allowed = ["costs"] }\n', 'housing = { allowed = ["costs"] }\nlegal-aid = {}\n'),
        {(f"purposes.{ASSISTANCE}.services.legal-aid", "added", "", "")},
    ),
    "a holiday less": (
        ("  2026-01-06, # Epiphany\n", ""),
        {("calendars.host.holidays", "removed", "2026-01-06", "")},
    ),
    "the moment from which it holds": (
        ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        {("effective", "changed", "2026-11-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00")},
    ),
    "the order of a list": (('languages = ["fr", "es"]', 'languages = ["es", "fr"]'), set()),
    "a comment": (("# Spain, national", "# Spain"), set()),
}


@pytest.mark.parametrize(("edit", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_difference_is_named_by_its_path(edit: Edit, expected: set[tuple[str, str, str, str]]) -> None:
    found = compare(ES_CI, _edited(ES_CI, edit))
    assert {(one.path, str(one.kind), one.old, one.new) for one in found.changes} == expected


OPENED: Mapping[str, tuple[str, Edit, list[str]]] = {
    "a class that is allowed now": (
        ES_CI,
        ('["contact", "health-summary"]', '["contact", "health-summary", "skills"]'),
        ["skills to the origin, for medical-continuity"],
    ),
    "a class that one service brings": (
        ES_CI,
        ('housing = { allowed = ["costs"] }', 'housing = { allowed = ["costs", "documents"] }'),
        [f"documents to the origin, for {ASSISTANCE}, only with housing"],
    ),
    "a class that moved with one service and moves always now": (
        ES_CI,
        ('"skills", "vulnerability"]', '"skills", "vulnerability", "costs"]'),
        [f"costs to the origin, for {ASSISTANCE}"],
    ),
    "a class that may come back": (
        ES_CI,
        ('["contact", "health-summary"]\nreturns = ["outcome"', '["contact", "health-summary"]\nreturns = ["costs"'),
        ["costs back to the host, for medical-continuity"],
    ),
    "a field more": (
        ES_GE,
        ('["return_type", "arrival_at"', '["flight", "return_type", "arrival_at"'),
        [f"travel (flight) to the origin, for {ASSISTANCE}"],
    ),
    "every field of a class": (
        ES_GE,
        ('travel = ["return_type", "arrival_at", "port", "assistance"]', ""),
        [f"travel (beyond arrival_at, assistance, port, return_type) to the origin, for {ASSISTANCE}"],
    ),
    "a class allowed that is required now": (
        ES_CI,
        (
            '"contact", "needs"]\nallowed = ["identity-full", "travel", ',
            '"contact", "needs", "travel"]\nallowed = ["identity-full", ',
        ),
        [],
    ),
}


@pytest.mark.parametrize(("text", "edit", "expected"), OPENED.values(), ids=OPENED)
def test_what_may_move_now_and_might_not_before_stands_first(text: str, edit: Edit, expected: list[str]) -> None:
    assert [str(one) for one in compare(text, _edited(text, edit)).opened] == expected


@pytest.mark.parametrize(("text", "edit", "expected"), OPENED.values(), ids=OPENED)
def test_the_way_back_bars_the_same(text: str, edit: Edit, expected: list[str]) -> None:
    assert [str(one) for one in compare(_edited(text, edit), text).barred] == expected


def test_a_new_purpose_opens_every_class_of_it() -> None:
    purpose = '[purposes.family-tracing]\nrequired = ["identity-min"]\nreturns = ["outcome"]\n\n[retention]'
    found = compare(ES_CI, _edited(ES_CI, ("[retention]", purpose)))
    assert [(one.data_class, one.returns) for one in found.opened] == [
        ("consent", False),
        ("identity-min", False),
        ("outcome", True),
    ]


@pytest.mark.parametrize("text", TEXTS, ids=[parse_sop(text).name for text in TEXTS])
def test_nothing_differs_from_itself(text: str) -> None:
    found = compare(text, text)
    assert (found.opened, found.barred, found.changes) == ((), (), ())


@pytest.mark.parametrize("bad", [(ES_CI, "version = 1"), ("version = 1", ES_CI)], ids=["new", "old"])
def test_what_is_no_sop_is_not_compared(bad: tuple[str, str]) -> None:
    with pytest.raises(SopInvalid):
        compare(*bad)


MOST = 168
"""What every number of the sample may be; the hours of an exception are the narrowest."""
BOUND = {"version", "longest_months", "adult_from", "plan_months", "costs"}
"""Numbers that other numbers, or life, keep within narrower bounds."""
NUMBERS = [
    line for line in ES_CI.splitlines() if line.partition(" = ")[2].isdigit() and line.partition(" = ")[0] not in BOUND
]


@given(line=st.sampled_from(NUMBERS), number=st.integers(1, MOST))
def test_every_number_that_differs_is_named_by_its_last_word_and_nothing_else_is(line: str, number: int) -> None:
    word, _, before = line.partition(" = ")
    assume(str(number) != before)
    (change,) = compare(ES_CI, _edited(ES_CI, (line + "\n", f"{word} = {number}\n"))).changes
    assert change.path.rpartition(".")[2] == word
    assert (change.kind, change.old, change.new) == (ChangeKind.CHANGED, before, str(number))


@given(old=st.sampled_from(TEXTS), new=st.sampled_from(TEXTS))
def test_whatever_differs_between_two_sops_is_named_in_the_table_where_it_stands(old: str, new: str) -> None:
    found = {change.path.partition(".")[0] for change in compare(old, new).changes}
    before, after = parse_sop(old), parse_sop(new)
    differ = {one.name for one in fields(Sop) if _said(before, one.name) != _said(after, one.name)}
    assert found == {STANDS_IN.get(name, name) for name in differ}


def _said(sop: Sop, name: str) -> object:
    said = getattr(sop, name)
    return set(said) if isinstance(said, tuple) else said


def _edited(text: str, edit: Edit) -> str:
    assert edit[0] in text
    return text.replace(*edit, 1)
