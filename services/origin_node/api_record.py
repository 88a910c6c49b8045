"""The part of an origin's JSON API about the record: assessing anew, striking what was wrong, and what is missing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request

from origin_node import costs, reassessment, record, striking
from origin_node.api_forms import Sentence, Shown
from origin_node.striking import Entry
from relevo.delivery.costs_view import CostVerbs
from relevo.domain.data_classes import DataClass
from relevo.web.access import CurrentUser, node_of
from relevo.web.costs import make_router
from relevo.web.operations import Body
from relevo.web.record import PartShown

router = APIRouter(prefix="/api/referrals/{thread}", tags=["referrals"])
COSTS = CostVerbs(plan=costs.plan, agree=costs.agree, report=costs.report, show=costs.show)
costs_router = make_router(COSTS)


class AssessmentGiven(Body):
    """Data classes as somebody here found them: class -> its fields."""

    classes: dict[DataClass, dict[str, Any]]


class AssessmentShown(Shown):
    """One assessment that was written down; its fields stand in the profile."""

    id: int
    data_class: DataClass
    at: datetime
    assessed_by: str


class Error(Body):
    """Which entry was wrong, and why."""

    what: Entry
    number: int
    reason: Sentence


class StruckShown(Shown):
    """An entry that was struck; it stays readable as such."""

    what: Entry
    entry: int
    reason: str
    at: datetime
    struck_by: str


@router.get("/record")
def show_record(request: Request, user: CurrentUser, thread: str) -> list[PartShown]:
    """The seven parts of the record: present since when, or missing since when."""
    with node_of(request).read(user) as work:
        return [PartShown.model_validate(one) for one in record.show(work, thread)]


@router.post("/reassess", status_code=201)
def reassess(request: Request, user: CurrentUser, thread: str, given: AssessmentGiven) -> list[AssessmentShown]:
    """Write down data classes as they were found here; what the host stated stays beside them."""
    found = {str(name): fields for name, fields in given.classes.items()}
    with node_of(request).write(user) as work:
        return [AssessmentShown.model_validate(one) for one in reassessment.reassess(work, thread, found)]


@router.post("/strike")
def strike(request: Request, user: CurrentUser, thread: str, given: Error) -> StruckShown:
    """Mark a report or an assessment of this node as entered in error; it stays, struck."""
    with node_of(request).write(user) as work:
        return StruckShown.model_validate(striking.strike(work, thread, given.what, given.number, given.reason))
