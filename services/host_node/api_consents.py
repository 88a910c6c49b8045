"""The part of a host's JSON API about changes of consent, paper, children and households."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from host_node import best_interests, cases, consent_changes, household, statements
from host_node.api_preview import Purpose
from host_node.consent_changes import Changed
from host_node.referrals import ASSISTANCE
from relevo.domain.consent import Withholding
from relevo.domain.minors import BestInterests
from relevo.web.access import CurrentUser, node_of
from relevo.web.consent_forms import AccountGiven, Narrowing, Renewal, Text
from relevo.web.operations import Body

router = APIRouter(prefix="/api", tags=["consent"])


class ConsentNow(BaseModel):
    """The consent that speaks after a change, and the referrals whose origin is told."""

    consent: str
    told: list[str]


class Member(Body):
    """Which of the household (from 1) gets a case of their own, and what is known of them, by data class."""

    member: int
    reference: Text
    sections: Annotated[dict[str, dict[str, Any]], Field(default_factory=dict)]


class LinkedCase(BaseModel):
    """A case of a household, and its referrals."""

    reference: str
    household: str | None
    threads: list[str]


class Review(Body):
    """What was decided for a child, and on what ground."""

    decision: BestInterests
    ground: Text


@router.post("/consents/{consent}/renew", status_code=201)
def renew(request: Request, user: CurrentUser, consent: str, given: Renewal) -> ConsentNow:
    """The person agrees for longer."""
    with node_of(request).write(user) as work:
        return _now(
            consent_changes.renew(work, consent, given.to_account(), expires_on=given.expires_on, classes=given.classes)
        )


@router.post("/consents/{consent}/narrow", status_code=201)
def narrow(request: Request, user: CurrentUser, consent: str, given: Narrowing) -> ConsentNow:
    """The person agrees to less; the referral goes on."""
    withhold = [Withholding(what=one.what, from_whom=one.from_whom, why=one.why) for one in given.withhold]
    with node_of(request).write(user) as work:
        return _now(
            consent_changes.narrow(
                work,
                consent,
                given.to_account(),
                without=given.without,
                withhold=withhold,
                expires_on=given.expires_on,
            )
        )


@router.post("/consents/{consent}/no-return", status_code=201)
def no_return(request: Request, user: CurrentUser, consent: str, given: AccountGiven) -> ConsentNow:
    """The person wants this node to learn nothing more; the assistance goes on."""
    with node_of(request).write(user) as work:
        return _now(consent_changes.let_nothing_return(work, consent, given.to_account()))


@router.get("/cases/{case}/consent-sheet", response_class=PlainTextResponse)
def sheet(
    request: Request,
    user: CurrentUser,
    case: str,
    language: Annotated[str, Query(description="Such as fr.")],
    purpose: Purpose = ASSISTANCE,
) -> str:
    """The consent sheet, as text to be printed."""
    with node_of(request).read(user) as work:
        return statements.sheet(work, cases.find(work, case), purpose, language)


@router.get("/cases/{case}/disclosure", response_class=PlainTextResponse)
def disclosure(request: Request, user: CurrentUser, case: str) -> str:
    """What was sent to whom, when, and under which consent."""
    with node_of(request).read(user) as work:
        return statements.disclosure(work, cases.find(work, case))


@router.post("/cases/{case}/members", status_code=201, tags=["cases"])
def member(request: Request, user: CurrentUser, case: str, given: Member) -> LinkedCase:
    """Make a case of its own for a member of the household."""
    with node_of(request).write(user) as work:
        row = household.member(work, cases.find(work, case), given.member, given.reference, given.sections)
        return LinkedCase(reference=row.reference, household=row.household, threads=[])


@router.get("/cases/{case}/linked", tags=["cases"])
def linked(request: Request, user: CurrentUser, case: str) -> list[LinkedCase]:
    """The cases of a household and their referrals."""
    with node_of(request).read(user) as work:
        found = household.linked(work, cases.find(work, case))
        return [LinkedCase(reference=row.reference, household=row.household, threads=own) for row, own in found]


@router.post("/cases/{case}/best-interests", status_code=201, tags=["cases"])
def review(request: Request, user: CurrentUser, case: str, given: Review) -> Review:
    """Record a best-interests review; a coordinator does."""
    with node_of(request).write(user) as work:
        best_interests.review(work, cases.find(work, case), given.decision, given.ground)
    return given


def _now(changed: Changed) -> ConsentNow:
    return ConsentNow(consent=changed.row.id, told=changed.told)
