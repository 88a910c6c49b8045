"""The JSON API of a host: one route for each thing that a counsellor does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from host_node import (
    agencies,
    api_consents,
    api_continuity,
    api_erasure,
    api_exceptions,
    api_files,
    api_record,
    cases,
    consents,
    referrals,
)
from host_node.api_preview import Preview, Purpose, preview_of
from host_node.case_file import ConsentDraft
from host_node.tables import CaseRow, ConsentRow
from host_node.tasks import SOURCES
from relevo.delivery.node import Node
from relevo.domain.consent import Giver, Withholding
from relevo.domain.data_classes import DataClass
from relevo.protocol.strict_json import JsonValue
from relevo.web import medical
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body, Referral, describe
from relevo.web.tasks import task_router

Text = Annotated[str, Field(min_length=1, max_length=2000)]


class CaseFile(Body):
    """An exported case, as the national case system wrote it."""

    case: dict[str, Any]
    replace: bool = False


class Case(BaseModel):
    """A case, without the person's data."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    reference: str
    origin: str
    urgency: str
    confidential: bool
    imported_at: datetime
    imported_by: str


class WithholdGiven(Body):
    """What the person wants withheld, from whom, and why; the reason never leaves this node."""

    what: Text
    from_whom: Text
    why: Annotated[str, Field(max_length=2000)] = ""


class ConsentGiven(Body):
    """A consent as a counsellor took it."""

    purpose: Text
    receiver: Text
    organisation: str | None = None
    classes: Annotated[list[DataClass], Field(min_length=1)]
    withhold: tuple[WithholdGiven, ...] = ()
    outcomes_may_return: bool = False
    by: Text = "the person"
    language: Text
    interpreter: bool = False
    taken_on: date
    expires_on: date
    giver: Giver | None = None
    capacity: str | None = None
    evidence_kind: str | None = None
    evidence: str | None = None
    risks_explained: bool = False
    withdrawing_explained: bool = False
    taken_by: str | None = None
    sheet: str | None = None


class Consent(BaseModel):
    """A recorded consent; why something is withheld is not shown in lists."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    purpose: str
    receiver: str
    organisation: str | None
    classes: list[str]
    outcomes_may_return: bool
    taken_on: date
    expires_on: date
    recorded_by: str
    withdrawn_at: datetime | None
    giver: str
    replaces: str | None


class Answer(Body):
    """The answer to the origin's question; `classes` are those that it asked for where left out."""

    answer: Text
    classes: list[DataClass] | None = None


class JourneyChange(Body):
    """Fields of the journey that have changed; those left out stay as they are."""

    arrival_at: AwareDatetime | None = None
    port: str | None = None
    flight: str | None = None
    assistance: list[str] | None = None


class Departure(Body):
    """When the person left."""

    at: AwareDatetime


class Cancellation(Body):
    """Why the referral is taken back, if that is to be said."""

    reason: str | None = None


class Withdrawal(BaseModel):
    """The referrals that were told of a withdrawal."""

    told: list[str]


def routers(_node: Node) -> Sequence[APIRouter]:
    """The routes that only a host has."""
    return (
        router,
        api_consents.router,
        api_exceptions.router,
        api_erasure.router,
        api_continuity.router,
        api_record.router,
        api_files.router,
        api_record.costs_router,
        medical.make_router(agencies.entitled),
        task_router(SOURCES),
    )


router = APIRouter(prefix="/api")


@router.post("/cases", status_code=201, tags=["cases"])
def import_case(request: Request, user: CurrentUser, given: CaseFile) -> Case:
    """Import one case."""
    raw = cases.as_file(given.case)
    with node_of(request).write(user) as work:
        return _case(cases.import_case(work, raw, replace=given.replace))


@router.get("/cases", tags=["cases"])
def list_cases(request: Request, user: CurrentUser) -> list[Case]:
    """All cases."""
    with node_of(request).read(user) as work:
        return [_case(row) for row in cases.everything(work)]


@router.post("/cases/{case}/consents", status_code=201, tags=["consent"])
def record_consent(request: Request, user: CurrentUser, case: str, given: ConsentGiven) -> Consent:
    """Record a consent that the person gave."""
    with node_of(request).write(user) as work:
        return _consent(consents.record(work, cases.find(work, case), _draft(given)))


@router.post("/cases/{case}/consents/from-file", status_code=201, tags=["consent"])
def record_consents_from_file(request: Request, user: CurrentUser, case: str) -> list[Consent]:
    """Record the consents that the case file speaks of, once the counsellor has confirmed them with the person."""
    with node_of(request).write(user) as work:
        return [_consent(row) for row in consents.record_from_file(work, cases.find(work, case))]


@router.get("/cases/{case}/consents", tags=["consent"])
def list_consents(request: Request, user: CurrentUser, case: str) -> list[Consent]:
    """The consents of a case."""
    with node_of(request).read(user) as work:
        return [_consent(row) for row in consents.rows_of(work, cases.find(work, case))]


@router.post("/consents/{consent}/withdraw", tags=["consent"])
def withdraw_consent(request: Request, user: CurrentUser, consent: str) -> Withdrawal:
    """Withdraw a consent and tell everybody who has something under it."""
    with node_of(request).write(user) as work:
        return Withdrawal(told=consents.withdraw(work, consent))


@router.get("/cases/{case}/preview", tags=["referrals"])
def preview(request: Request, user: CurrentUser, case: str, purpose: Purpose = referrals.ASSISTANCE) -> Preview:
    """For each field, whether it would leave or stay and why; nothing is sent."""
    with node_of(request).write(user) as work:
        return preview_of(referrals.preview(work, cases.find(work, case), purpose))


@router.post("/cases/{case}/send", status_code=201, tags=["referrals"])
def send(request: Request, user: CurrentUser, case: str, purpose: Purpose = referrals.ASSISTANCE) -> Referral:
    """Send the referral; exactly what the preview showed leaves."""
    with node_of(request).write(user) as work:
        return describe(work, referrals.send(work, cases.find(work, case), purpose))


@router.post("/referrals/{thread}/answer", tags=["referrals"])
def answer(request: Request, user: CurrentUser, thread: str, given: Answer) -> Referral:
    """Answer the origin's question."""
    with node_of(request).write(user) as work:
        return describe(work, referrals.answer(work, thread, given.answer, given.classes))


@router.post("/referrals/{thread}/journey", tags=["referrals"])
def change_journey(request: Request, user: CurrentUser, thread: str, given: JourneyChange) -> Referral:
    """Change the journey and tell the origin."""
    changes: dict[str, JsonValue] = given.model_dump(mode="json", exclude_none=True)
    with node_of(request).write(user) as work:
        return describe(work, referrals.change_journey(work, thread, changes))


@router.post("/referrals/{thread}/departure", tags=["referrals"])
def depart(request: Request, user: CurrentUser, thread: str, given: Departure) -> Referral:
    """Say that the person has left."""
    with node_of(request).write(user) as work:
        return describe(work, referrals.depart(work, thread, given.at))


@router.post("/referrals/{thread}/cancel-journey", tags=["referrals"])
def cancel_journey(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Say that there will be no journey."""
    with node_of(request).write(user) as work:
        return describe(work, referrals.cancel_journey(work, thread))


@router.post("/referrals/{thread}/cancel", tags=["referrals"])
def cancel(request: Request, user: CurrentUser, thread: str, given: Cancellation) -> Referral:
    """Take the referral back; after acceptance the origin is asked."""
    with node_of(request).write(user) as work:
        return describe(work, referrals.cancel(work, thread, given.reason))


@router.post("/referrals/{thread}/entered-in-error", tags=["referrals"])
def enter_in_error(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Say that the referral should never have been sent; history stays."""
    with node_of(request).write(user) as work:
        return describe(work, referrals.enter_in_error(work, thread))


def _case(row: CaseRow) -> Case:
    return Case.model_validate(row)


def _consent(row: ConsentRow) -> Consent:
    return Consent.model_validate(row)


def _draft(given: ConsentGiven) -> ConsentDraft:
    withhold = tuple(Withholding(what=one.what, from_whom=one.from_whom, why=one.why) for one in given.withhold)
    return ConsentDraft(
        **given.model_dump(exclude={"withhold", "classes"}),
        classes=tuple(given.classes),
        withhold=withhold,
        covers=("principal",),
        withdrawn_on=None,
    )
