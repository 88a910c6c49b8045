from __future__ import annotations

from itertools import product

import pytest

from relevo.domain.referral import (
    CLOSING_REASONS,
    DECLINE_REASONS,
    NEXT,
    NOT_COMPLETED_REASONS,
    IllegalStep,
    Status,
    Step,
    advance,
    allowed,
    arrive,
    before_cancelling,
    is_open,
)
from relevo.domain.sides import Side

H, O = Side.HOST, Side.ORIGIN  # noqa: E741 (host and origin, as columns of a table)

DRAWN = """
draft                  host    requested              requested
draft                  host    cancelled              cancelled
draft                  host    withdrawn              withdrawn
draft                  host    entered-in-error       entered-in-error
requested              origin  acknowledged           acknowledged
requested              host    cancelled              cancelled
acknowledged           origin  accepted               accepted
acknowledged           origin  declined               declined
acknowledged           origin  information-requested  information-requested
acknowledged           origin  waitlisted             waitlisted
acknowledged           host    cancelled              cancelled
information-requested  host    answered               requested
information-requested  host    cancelled              cancelled
waitlisted             origin  accepted               accepted
waitlisted             origin  declined               declined
waitlisted             host    cancelled              cancelled
accepted               origin  started                in-progress
accepted               host    cancel-requested       cancel-requested
in-progress            origin  held                   on-hold
in-progress            origin  completed              completed
in-progress            origin  not-completed          not-completed
in-progress            host    cancel-requested       cancel-requested
on-hold                origin  resumed                in-progress
on-hold                origin  completed              completed
on-hold                origin  not-completed          not-completed
on-hold                host    cancel-requested       cancel-requested
cancel-requested       origin  cancel-agreed          cancelled
cancel-requested       origin  cancel-objected        in-progress
completed              origin  closed                 closed
not-completed          origin  closed                 closed
closed                 origin  reopened               in-progress
withdrawn              host    erased                 erased
withdrawn              origin  erased                 erased
erased                 host    erased                 erased
erased                 origin  erased                 erased
"""
NOT_DRAFT = [status for status in Status if status not in {Status.DRAFT, Status.WITHDRAWN, Status.ERASED}]
EVERYWHERE = {
    *((status, side, Step.WITHDRAWN, Status.WITHDRAWN) for status, side in product(NOT_DRAFT, Side)),
    *(
        (status, H, Step.ENTERED_IN_ERROR, Status.ENTERED_IN_ERROR)
        for status in NOT_DRAFT
        if status is not Status.ENTERED_IN_ERROR
    ),
}
LEGAL = EVERYWHERE | {
    (Status(status), Side(side), Step(step), Status(to))
    for status, side, step, to in (line.split() for line in DRAWN.strip().splitlines())
}
ALL_STEPS = list(product(Status, Side, Step))


def test_the_table_is_the_drawing_and_nothing_else() -> None:
    found = {
        (status, side, step, advance(status, step, side, before=Status.IN_PROGRESS))
        for status, side, step in ALL_STEPS
        if step in allowed(status, side)
    }
    assert found == LEGAL


@pytest.mark.parametrize("status", Status)
def test_an_illegal_step_is_refused_with_the_steps_that_are_allowed(status: Status) -> None:
    for side, step in product(Side, Step):
        if step not in allowed(status, side):
            with pytest.raises(IllegalStep) as refusal:
                advance(status, step, side)
            assert refusal.value.allowed == allowed(status, side)
            assert (refusal.value.code, refusal.value.field) == ("illegal-step", "step")
            now = ", ".join(allowed(status, side)) or "none"
            assert refusal.value.detail == f"{step} cannot follow {status} here; allowed now: {now}"


def test_every_status_can_be_reached_and_stands_in_the_table() -> None:
    reached = {move.to for moves in NEXT.values() for move in moves.values()}
    assert set(NEXT) == set(Status)
    assert reached == set(Status) - {Status.DRAFT} | {None}


def test_what_has_ended_is_not_open() -> None:
    closed = {"declined", "closed", "cancelled", "withdrawn", "erased", "entered-in-error"}
    assert {status for status in Status if not is_open(status)} == closed


BACK = {
    "after acceptance": ("requested acknowledged accepted cancel-requested", "accepted"),
    "while under way": ("requested acknowledged accepted started cancel-requested", "in-progress"),
    "while on hold": ("requested acknowledged accepted started held cancel-requested", "on-hold"),
    "after an earlier objection": (
        "requested acknowledged accepted cancel-requested cancel-objected started cancel-requested",
        "in-progress",
    ),
    "when the start crossed the request": ("requested acknowledged accepted cancel-requested started", "in-progress"),
}


def _by(step: str) -> Side:
    return H if step in {"requested", "cancel-requested", "answered"} else O


@pytest.mark.parametrize(("steps", "back"), BACK.values(), ids=BACK)
def test_an_objection_leads_back(steps: str, back: str) -> None:
    before = before_cancelling((Step(step), _by(step)) for step in steps.split())
    assert before == back
    assert advance(Status.CANCEL_REQUESTED, Step.CANCEL_OBJECTED, O, before=before) == back


def test_an_objection_that_does_not_know_where_it_leads_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="before"):
        advance(Status.CANCEL_REQUESTED, Step.CANCEL_OBJECTED, O)


CROSSING = {
    "cancelling meets acceptance": ("accepted", "acknowledged", "cancelled", H, "cancelled"),
    "acceptance meets cancelling": ("cancelled", "acknowledged", "accepted", O, "cancelled"),
    "withdrawal meets entered in error": ("entered-in-error", "accepted", "withdrawn", O, "withdrawn"),
    "entered in error meets withdrawal": ("withdrawn", "accepted", "entered-in-error", H, "withdrawn"),
    "cancelling meets withdrawal": ("withdrawn", "requested", "cancelled", H, "withdrawn"),
    "both withdraw": ("withdrawn", "accepted", "withdrawn", O, "withdrawn"),
    "a withdrawal meets what is erased already": ("erased", "accepted", "withdrawn", H, "erased"),
    "both erase": ("erased", "withdrawn", "erased", O, "erased"),
    "a start meets a request to cancel": ("cancel-requested", "accepted", "started", O, "cancel-requested"),
    "a request to cancel meets a start": ("in-progress", "accepted", "cancel-requested", H, "cancel-requested"),
    "a request to cancel meets completion": ("completed", "in-progress", "cancel-requested", H, "completed"),
    "completion meets a request to cancel": ("cancel-requested", "in-progress", "completed", O, "completed"),
    "a question meets cancelling": ("cancelled", "acknowledged", "information-requested", O, "cancelled"),
    "nothing crosses": ("acknowledged", "acknowledged", "accepted", O, "accepted"),
}


@pytest.mark.parametrize(("current", "seen", "step", "by", "stands"), CROSSING.values(), ids=CROSSING)
def test_steps_that_cross(current: str, seen: str, step: str, by: Side, stands: str) -> None:
    assert arrive(Status(current), Status(seen), Step(step), by) == stands


def test_a_step_that_was_never_legal_is_refused_even_if_it_crossed() -> None:
    with pytest.raises(IllegalStep):
        arrive(Status.DECLINED, Status.DECLINED, Step.ACCEPTED, O)
    with pytest.raises(IllegalStep, match="accepted cannot follow accepted here") as refusal:
        arrive(Status.ACCEPTED, Status.ACKNOWLEDGED, Step.ACCEPTED, H)
    assert refusal.value.allowed == allowed(Status.ACCEPTED, H)


def test_an_objection_that_arrives_leads_back_to_where_it_stood() -> None:
    at, objected = Status.CANCEL_REQUESTED, Step.CANCEL_OBJECTED
    assert arrive(at, at, objected, O, before=Status.ON_HOLD) is Status.ON_HOLD


def _pairs() -> list[tuple[Status, Step, Step]]:
    common = [status for status in Status if status is not Status.DRAFT]
    return [(at, ours, theirs) for at in common for ours in allowed(at, H) for theirs in allowed(at, O)]


@pytest.mark.parametrize(("common", "ours", "theirs"), _pairs())
def test_both_sides_agree_whichever_step_they_meet_first(common: Status, ours: Step, theirs: Step) -> None:
    before = Status.IN_PROGRESS
    host = advance(common, ours, H)
    origin = advance(common, theirs, O, before=before)
    assert arrive(host, common, theirs, O, before=before) == arrive(origin, common, ours, H, before=before)


def test_reasons_are_those_of_the_mission() -> None:
    assert len(DECLINE_REASONS) == 8
    assert {"died", "remigrated", "completed"} <= CLOSING_REASONS
    assert {"completed"} == CLOSING_REASONS - NOT_COMPLETED_REASONS
