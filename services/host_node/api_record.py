"""The part of a host's JSON API about the record: the case, what came back, corrections, and what is missing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from host_node import cases, corrections, costs, record
from relevo.delivery.costs_view import CostVerbs
from relevo.domain.access_to_data import LookReason
from relevo.domain.data_classes import DataClass
from relevo.web.access import CurrentUser, node_of
from relevo.web.costs import make_router
from relevo.web.looks import WhyLooking
from relevo.web.operations import Body, Referral, describe
from relevo.web.record import PartShown

Sentence = Annotated[str, Field(min_length=1, max_length=300)]

router = APIRouter(prefix="/api")
COSTS = CostVerbs(plan=costs.plan, agree=costs.agree, report=costs.report, show=costs.show)
costs_router = make_router(COSTS)


class HeldShown(BaseModel):
    """One data class that this node holds; without fields, and not `readable`, where it is not yours to read."""

    model_config = ConfigDict(from_attributes=True)

    data_class: str
    fields: dict[str, Any]
    readable: bool
    at: datetime
    by: str
    reason: str | None


class CaseShown(BaseModel):
    """What a case says, and what it said before."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    reference: str
    now: list[HeldShown]
    before: list[HeldShown]


class CaseCorrection(Body):
    """The fields of one data class as they are right, and why what stood there was wrong."""

    data_class: DataClass
    fields: dict[str, Any]
    reason: Sentence


class ToTell(BaseModel):
    """The referrals that may have to be told of a correction."""

    referrals: list[str]


class Correction(Body):
    """The data classes that were stated wrongly, and why."""

    classes: Annotated[list[DataClass], Field(min_length=1)]
    reason: Sentence


@router.get("/cases/{case}/record", tags=["cases"])
def show_case(request: Request, user: CurrentUser, case: str, why: WhyLooking = LookReason.PREPARE) -> CaseShown:
    """What a case says and said before, as far as your role may read it; the look is written down."""
    with node_of(request).write(user) as work:
        return CaseShown.model_validate(record.case(work, case, why))


@router.post("/cases/{case}/correct", tags=["cases"])
def correct_case(request: Request, user: CurrentUser, case: str, given: CaseCorrection) -> ToTell:
    """Put right one data class of a case; nothing leaves by it."""
    with node_of(request).write(user) as work:
        found = cases.find(work, case)
        return ToTell(referrals=corrections.correct_case(work, found, given.data_class, given.fields, given.reason))


@router.post("/referrals/{thread}/correct", tags=["referrals"])
def correct(request: Request, user: CurrentUser, thread: str, given: Correction) -> Referral:
    """Tell the origin that what was stated of these classes was wrong; it gets what stands in the case now."""
    with node_of(request).write(user) as work:
        return describe(work, corrections.correct(work, thread, given.classes, given.reason))


@router.get("/referrals/{thread}/returned", tags=["referrals"])
def list_returned(
    request: Request, user: CurrentUser, thread: str, why: WhyLooking = LookReason.FOLLOW_UP
) -> list[HeldShown]:
    """What came back from the origin, as far as your role may read it; the look is written down."""
    with node_of(request).write(user) as work:
        return [HeldShown.model_validate(one) for one in record.returned(work, thread, why)]


@router.get("/referrals/{thread}/record", tags=["referrals"])
def show_record(request: Request, user: CurrentUser, thread: str) -> list[PartShown]:
    """The seven parts of the record: present since when, or missing since when."""
    with node_of(request).read(user) as work:
        return [PartShown.model_validate(one) for one in record.show(work, thread)]
