"""The part of every node's JSON API that tells auditors who looked at personal data; it shows none."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from relevo.delivery import look_proof
from relevo.domain.access_to_data import LookReason
from relevo.storage import access_log
from relevo.web.access import CurrentUser, node_of
from relevo.web.evidence import MEDIA_TYPE

router = APIRouter(prefix="/api", tags=["evidence"])

WhyLooking: TypeAlias = Annotated[LookReason, Query(alias="why", description="Why you look; it is written down.")]


class Look(BaseModel):
    """One look: who, in which role, at which classes, why; `commitment` is what the log has of it."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    at: datetime
    who: str | None
    role: str
    organisation: str | None
    classes: list[str]
    why: str
    commitment: str


@router.get("/access/{subject}")
def list_looks(request: Request, user: CurrentUser, subject: str) -> list[Look]:
    """Every look at the personal data of a referral (its thread) or of a case (its id), without that data."""
    with node_of(request).read(user) as work:
        return [Look.model_validate(one) for one in access_log.looks(work, subject)]


@router.get("/access/{subject}/{number}/proof", response_class=Response)
def prove_look(request: Request, user: CurrentUser, subject: str, number: int) -> Response:
    """One look with the proof that the log has it, for the person or an auditor; it names who looked."""
    with node_of(request).read(user) as work:
        return Response(look_proof.prove(work, subject, number), media_type=MEDIA_TYPE)
