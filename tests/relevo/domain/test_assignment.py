from __future__ import annotations

from itertools import pairwise, product

import pytest

from relevo.domain.assignment import NEXT_ASSIGNMENT, AssignmentStatus, advance_assignment, allowed_assignment
from relevo.domain.referral import IllegalStep

WAYS = {
    "to the good end": "offered accepted in-progress completed",
    "to another end": "offered accepted in-progress not-completed",
    "to another organisation": "offered declined",
    "given back before it began": "offered accepted declined",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_assignment_goes(way: str) -> None:
    for here, there in pairwise(way.split()):
        assert advance_assignment(AssignmentStatus(here), AssignmentStatus(there)) == there


def test_the_ways_are_the_whole_table() -> None:
    drawn = {pair for way in WAYS.values() for pair in pairwise(way.split())}
    assert drawn == {(here, there) for here, nexts in NEXT_ASSIGNMENT.items() for there in nexts}


def test_anything_else_is_refused_with_what_is_allowed() -> None:
    for here, there in product(AssignmentStatus, repeat=2):
        if there not in allowed_assignment(here):
            with pytest.raises(IllegalStep) as refusal:
                advance_assignment(here, there)
            assert refusal.value.allowed == allowed_assignment(here)
            assert refusal.value.detail.startswith(f"{there} cannot follow {here} here")
