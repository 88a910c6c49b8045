"""The part of a host's JSON API for referral without consent; why it is asked for stands in bodies, never in a URL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from host_node import cases, exceptions, referrals
from host_node.api_preview import Preview, Purpose, preview_of
from host_node.tables import ExceptionRow
from relevo.domain.exception import Decision, ExceptionReason
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body, Referral, describe

Text = Annotated[str, Field(min_length=1, max_length=300)]

router = APIRouter(prefix="/api", tags=["exceptions"])


class AttestationGiven(Body):
    """A mental-health professional, and when they attested the danger."""

    name: Text
    body: Text
    number: Text
    date: date


class ExceptionGiven(Body):
    """Why somebody is to be referred without consent; `on_duty` is false only if nobody can review it now."""

    reason: ExceptionReason
    raised_by: Text
    attestation: AttestationGiven | None = None
    on_duty: bool = True


class FromFile(Body):
    """What a person adds who has checked the ground that the case file speaks of."""

    on_duty: bool = True


class Review(Body):
    """What the second person decided."""

    decision: Decision


class Told(Body):
    """That the person was told, and whether they object."""

    objects: bool = False


class ExceptionShown(BaseModel):
    """An exception as lists and auditors see it: never why, and never who."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    thread: str | None
    commitment: str
    raised_at: datetime
    left_at: datetime | None
    decision: str | None
    reviewed_at: datetime | None
    told_at: datetime | None


@router.post("/cases/{case}/exceptions", status_code=201)
def raise_exception(request: Request, user: CurrentUser, case: str, given: ExceptionGiven) -> ExceptionShown:
    """Raise an exception for a case; nothing leaves by it yet."""
    said = given.model_dump(mode="json", exclude={"on_duty"}, exclude_none=True)
    with node_of(request).write(user) as work:
        return _shown(exceptions.raise_exception(work, cases.find(work, case), said, on_duty=given.on_duty))


@router.post("/cases/{case}/exceptions/from-file", status_code=201)
def raise_from_file(request: Request, user: CurrentUser, case: str, given: FromFile) -> ExceptionShown:
    """Raise the exception of which the case file speaks, once a person has checked it."""
    with node_of(request).write(user) as work:
        found = cases.find(work, case)
        return _shown(exceptions.raise_exception(work, found, exceptions.draft(found), on_duty=given.on_duty))


@router.get("/exceptions")
def list_exceptions(request: Request, user: CurrentUser) -> list[ExceptionShown]:
    """Every exception of this node, without anything about the person."""
    with node_of(request).read(user) as work:
        return [ExceptionShown.model_validate(entry) for entry in exceptions.audit(work)]


@router.get("/exceptions/{exception}/preview")
def preview_exception(
    request: Request, user: CurrentUser, exception: str, purpose: Purpose = referrals.ASSISTANCE
) -> Preview:
    """For each field, whether it would leave without consent or stay, and why; nothing is sent."""
    with node_of(request).write(user) as work:
        return preview_of(exceptions.preview(work, exception, purpose))


@router.post("/exceptions/{exception}/review")
def review_exception(request: Request, user: CurrentUser, exception: str, given: Review) -> ExceptionShown:
    """Approve or reject an exception as the second person; a rejection takes back what has left."""
    with node_of(request).write(user) as work:
        return _shown(exceptions.review(work, exception, given.decision))


@router.post("/exceptions/{exception}/send", status_code=201)
def send_exception(
    request: Request, user: CurrentUser, exception: str, purpose: Purpose = referrals.ASSISTANCE
) -> Referral:
    """Send the referral without consent; exactly what the preview showed leaves."""
    with node_of(request).write(user) as work:
        return describe(work, exceptions.send(work, exception, purpose))


@router.post("/exceptions/{exception}/told")
def tell_person(request: Request, user: CurrentUser, exception: str, given: Told) -> ExceptionShown:
    """Say that the person was told; if they object, what has left is taken back."""
    with node_of(request).write(user) as work:
        return _shown(exceptions.tell(work, exception, objects=given.objects))


def _shown(row: ExceptionRow) -> ExceptionShown:
    return ExceptionShown.model_validate(row)
