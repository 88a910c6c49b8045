"""The complete record: which of its seven parts are there, which are missing, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relevo.domain.record import RecordFacts, facts_of, missing, standing
from relevo.domain.sop import Sop
from relevo.domain.sop_rules import RecordPart

OPENED = datetime(2026, 11, 22, 9, tzinfo=UTC)
ARRIVED = datetime(2026, 12, 14, 19, 50, tzinfo=UTC)
ENDED = datetime(2027, 12, 20, 10, tzinfo=UTC)
AFTER = ENDED + timedelta(days=1)
PLAN_DUE = datetime(2027, 1, 14, tzinfo=UTC).date()


FACTS = RecordFacts(opened_at=OPENED, arrived_at=ARRIVED, ended_at=ENDED)


@pytest.fixture
def sop(es_ci: Sop) -> Sop:
    """A procedure that asks for all seven parts, for a plan and for a first follow-up after a month."""
    return replace(es_ci, record=frozenset(RecordPart), plan_months=1, follow_up_months=(1, 3, 6, 12))


def test_where_nothing_is_everything_that_could_be_is_missing_since_its_time(sop: Sop) -> None:
    found = {one.part: one.missing_since for one in missing(FACTS, sop, AFTER)}
    plan, monitoring = found.pop(RecordPart.PLAN), found.pop(RecordPart.MONITORING)
    assert found == {
        RecordPart.CONTACTS: OPENED,
        RecordPart.ASSESSMENTS: OPENED,
        RecordPart.COMMUNICATION: ARRIVED,
        RecordPart.COMMENTS: ENDED,
    }
    assert plan is not None
    assert plan == monitoring
    assert plan.date() == PLAN_DUE


@pytest.mark.parametrize("part", RecordPart)
def test_what_is_there_is_not_missing(sop: Sop, part: RecordPart) -> None:
    found = replace(FACTS, present={part: ENDED})
    assert part not in {one.part for one in missing(found, sop, AFTER)}
    assert next(one for one in standing(found, sop, AFTER) if one.part is part).present_since == ENDED


@pytest.mark.parametrize("part", RecordPart)
def test_what_the_procedure_does_not_ask_for_is_never_missing(sop: Sop, part: RecordPart) -> None:
    without = replace(sop, record=frozenset(RecordPart) - {part})
    assert part not in {one.part for one in missing(FACTS, without, AFTER)}


def test_before_its_time_a_part_is_expected_and_not_missing(sop: Sop) -> None:
    early = replace(FACTS, ended_at=None)
    (plan,) = [one for one in standing(early, sop, ARRIVED) if one.part is RecordPart.PLAN]
    assert (plan.missing_since, plan.present_since) == (None, None)
    assert plan.expected_at is not None
    later = standing(early, replace(sop, plan_months=2), ARRIVED)[2]
    assert later.expected_at is not None
    assert later.expected_at > plan.expected_at


def test_nothing_is_expected_of_somebody_who_has_not_arrived(sop: Sop) -> None:
    found = {one.part for one in missing(replace(FACTS, arrived_at=None, ended_at=None), sop, AFTER)}
    assert found == {RecordPart.CONTACTS, RecordPart.ASSESSMENTS}


def test_a_part_is_present_from_the_first_fact_that_belongs_to_it() -> None:
    found = facts_of(
        opened_at=OPENED,
        arrived_at=ARRIVED,
        classes=[("needs", ARRIVED), ("skills", OPENED), ("identity-min", OPENED), ("feedback", ENDED)],
        steps=[("first-contact", ARRIVED), ("completed", ENDED), ("closed", AFTER)],
    )
    assert found.present == {
        RecordPart.ASSESSMENTS: OPENED,
        RecordPart.COMMENTS: ENDED,
        RecordPart.COMMUNICATION: ARRIVED,
    }
    assert (found.opened_at, found.arrived_at, found.ended_at) == (OPENED, ARRIVED, ENDED)


def test_a_part_is_missing_from_the_very_moment_on_which_it_should_be_there(sop: Sop) -> None:
    assert RecordPart.CONTACTS in {one.part for one in missing(FACTS, sop, OPENED)}


def test_what_is_not_asked_for_is_neither_needed_nor_expected(sop: Sop) -> None:
    without = replace(sop, record=frozenset(RecordPart) - {RecordPart.CONTACTS})
    (contacts,) = [one for one in standing(FACTS, without, AFTER) if one.part is RecordPart.CONTACTS]
    assert (contacts.needed, contacts.expected_at) == (False, None)
    assert all(one.needed for one in standing(FACTS, sop, AFTER))


def test_without_follow_ups_no_monitoring_is_expected(sop: Sop) -> None:
    without = replace(sop, follow_up_months=())
    assert RecordPart.MONITORING not in {one.part for one in missing(FACTS, without, AFTER)}


def test_what_has_not_ended_has_no_end() -> None:
    found = facts_of(opened_at=OPENED, arrived_at=None, classes=[], steps=[("first-contact", ARRIVED)])
    assert (found.arrived_at, found.ended_at) == (None, None)
