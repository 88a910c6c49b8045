"""Case 02: the niece is referred apart, after a best-interests review, under the same household as her uncle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from host_node import best_interests, cases, consents, household
from host_node import referrals as host_referrals
from host_node.tables import CaseRow
from relevo.domain.access import Role
from relevo.domain.consent import Giver
from relevo.domain.data_classes import DataClass
from relevo.domain.disclosure import Disclosure, NotSendable
from relevo.errors import BadInput, Forbidden, NotFound
from relevo.protocol.strict_json import JsonObject, JsonValue
from support.nodes import HOST_ID, ORIGIN_ID
from support.story import Story, sample

REFERENCE = "ES-INVENTED-NIECE"
KNOWN: dict[str, dict[str, JsonValue]] = {
    "identity-min": {
        "given_names": "Invented",
        "family_name": "Niece",
        "sex": "female",
        "nationality": "IQ",
        "languages": ["ar"],
    },
    "needs": {"social": ["school-enrolment"]},
    "contact": {"channel": "phone", "number": "+964 770 000 0000", "language": "ar"},
}


def uncle() -> JsonObject:
    """Case 02 as it would be between the two nodes of these tests."""
    document = {**sample("02"), "host": HOST_ID, "origin": ORIGIN_ID}
    given = document["consent"]
    assert isinstance(given, list)
    document["consent"] = [{**one, "receiver": ORIGIN_ID} for one in given if isinstance(one, dict)]
    return document


@pytest.fixture
def niece(story: Story) -> Story:
    """Her case, made from the household of her uncle's, with a consent of the uncle for all that is needed."""
    story.take_in(uncle())
    hers = Story(nodes=story.nodes)
    with story.at_host() as work:
        row = household.member(work, cases.find(work, story.case), 4, REFERENCE, KNOWN)
        hers.case = row.id
        (draft,) = cases.drafts(row)
        classes = ("identity-min", "needs", "travel", "contact")
        consents.record(work, row, replace(draft, classes=classes, interpreter=True, taken_on=date(2026, 11, 20)))
    return hers


def codes(decision: Disclosure) -> set[str]:
    return {one.code for one in decision.reasons}


def test_what_the_file_knew_of_her_is_in_her_case_and_nothing_of_her_uncle_but_the_journey(niece: Story) -> None:
    with niece.at_host() as work:
        row = cases.find(work, niece.case)
        identity = row.record[DataClass.IDENTITY_MIN]
        assert isinstance(identity, dict)
        assert (identity["birth_date"], identity["reference"]) == ("2010-02-14", REFERENCE)
        assert set(row.record) == {"identity-min", "travel", "needs", "contact"}
        assert row.separated
        (draft,) = cases.drafts(row)
    assert (draft.by, draft.given_by, draft.covers_principal) == ("uncle", Giver.CAREGIVER, True)


def test_it_is_held_until_the_review_and_then_leaves_with_the_household(niece: Story) -> None:
    assert codes(niece.preview()) == {"best-interests-missing"}
    assert not any(line.leaves for line in niece.preview().lines)
    with niece.at_host() as work, pytest.raises(NotSendable):
        host_referrals.send(work, cases.find(work, niece.case))
    review(niece, "in-favour")
    assert codes(niece.preview()) == set()
    niece.send()
    assert niece.row(niece.nodes.origin).status == "requested"
    with niece.at_host() as work:
        hers = cases.find(work, niece.case)
        (head, member) = household.linked(work, hers)
        assert head[0].household == member[0].household == hers.household
        assert member[1] == [niece.thread]
    said = niece.timeline(niece.nodes.origin)[0].said
    assert said["household"] == hers.household


def test_her_uncle_s_referral_carries_the_same_household(niece: Story, story: Story) -> None:
    story.send()
    with story.at_host() as work:
        hers: CaseRow = cases.find(work, niece.case)
        assert story.timeline(story.nodes.origin)[0].said["household"] == hers.household


def test_a_review_against_it_keeps_it_here(niece: Story) -> None:
    review(niece, "in-favour")
    review(niece, "against")
    assert codes(niece.preview()) == {"best-interests-against"}


def test_only_a_coordinator_reviews_and_says_why(niece: Story) -> None:
    with niece.at_host() as work, pytest.raises(Forbidden):
        best_interests.review(work, cases.find(work, niece.case), "in-favour", "her aunt is there")
    for decision, ground in (("perhaps", "she wants to"), ("in-favour", " ")):
        with niece.at_host(Role.COORDINATOR) as work, pytest.raises(BadInput):
            best_interests.review(work, cases.find(work, niece.case), decision, ground)


def test_a_reference_is_used_once_and_the_household_ends_somewhere(niece: Story, story: Story) -> None:
    with story.at_host() as work, pytest.raises(household.MemberKnown):
        household.member(work, cases.find(work, story.case), 4, REFERENCE)
    with story.at_host() as work, pytest.raises(NotFound):
        household.member(work, cases.find(work, story.case), 9, "another")
    assert niece.case != story.case


def review(story: Story, decision: str) -> None:
    with story.at_host(Role.COORDINATOR) as work:
        best_interests.review(work, cases.find(work, story.case), decision, "her grandmother waits for her in Karrada")
