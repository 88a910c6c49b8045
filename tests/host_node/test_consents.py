"""Recording consents: what was taken back comes back only if the person gives another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from host_node import cases, consents
from relevo.domain.access import Role
from relevo.errors import Forbidden, NotFound
from support.nodes import JoinedNodes
from support.story import Story, sample

TAKEN_ON = date(2026, 11, 10)
THE_DAY_AFTER = TAKEN_ON + timedelta(days=1)


@pytest.fixture
def story(nodes: JoinedNodes) -> Story:
    """Case 01 imported, with its consent recorded on 22 November."""
    begun = Story(nodes=nodes)
    begun.take_in(sample("01"))
    return begun


def record_again(story: Story, **changes: object) -> None:
    with story.at_host() as work:
        case = cases.find(work, story.case)
        (draft,) = cases.drafts(case)
        consents.record(work, case, replace(draft, **changes))  # type: ignore[arg-type]


def test_the_same_consent_is_recorded_once(story: Story) -> None:
    with pytest.raises(consents.ConsentKnown):
        record_again(story)


def test_a_withdrawn_consent_cannot_be_recorded_back_to_life(story: Story) -> None:
    story.withdraw()
    with pytest.raises(consents.ConsentKnown):
        record_again(story)


def test_nor_can_an_older_one_that_differs(story: Story) -> None:
    story.withdraw()
    with pytest.raises(consents.ConsentKnown) as refused:
        record_again(story, language="es")
    assert refused.value.field == "consent.taken_on"


def test_a_consent_given_anew_counts(story: Story) -> None:
    story.withdraw()
    story.later(days=1)
    record_again(story, taken_on=date(2026, 11, 23))
    assert story.preview().reasons == ()


def test_a_second_consent_beside_one_that_stands_is_recorded(story: Story) -> None:
    record_again(story, taken_on=THE_DAY_AFTER, outcomes_may_return=False)
    terms = story.preview().terms
    assert terms is not None
    assert not terms.outcomes_may_return


@pytest.mark.parametrize("name", ["ES-2026-004417", "no such case"])
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_not_see_cases_does_not_learn_which_exist(story: Story, role: Role, name: str) -> None:
    with story.at_host(role) as work, pytest.raises(Forbidden):
        cases.find(work, name)


def test_who_may_is_told_that_there_is_none(story: Story) -> None:
    with story.at_host() as work, pytest.raises(NotFound):
        cases.find(work, "no such case")
