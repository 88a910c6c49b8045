"""The part of every node's JSON API about its log and its witnesses, for administrators and auditors."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from relevo.delivery import log_status
from relevo.web.access import CurrentUser, node_of
from relevo.web.evidence import MEDIA_TYPE

router = APIRouter(prefix="/api/log", tags=["evidence"])


class Witness(BaseModel):
    """A peer as witness of this log: how much of it it cosigned, and when."""

    model_config = ConfigDict(from_attributes=True)

    peer: str
    size: int | None
    at: datetime | None
    problem: str | None
    verifier_key: str


class Log(BaseModel):
    """The head of the log; `verifier_key` is its key as other software takes it.

    `hidden_since` is set while a newer head is shown to nobody, because it does not stand outside the database.
    """

    model_config = ConfigDict(from_attributes=True)

    size: int
    signed_at: datetime | None
    hidden_since: datetime | None
    verifier_key: str
    witnesses: list[Witness]


class Alarm(BaseModel):
    """Two signed heads that one honest log would not have."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    peer: str
    code: str
    found_at: datetime
    known: str
    shown: str
    seen_at: datetime | None
    seen_by: str | None


@router.get("")
def show_log(request: Request, user: CurrentUser) -> Log:
    """How this node's log stands, and who has seen it."""
    with node_of(request).read(user) as work:
        return Log.model_validate(log_status.status(work))


@router.get("/growth", response_class=Response)
def show_growth(
    request: Request, user: CurrentUser, old: Annotated[int, Query(ge=1)], new: Annotated[int, Query(ge=2)]
) -> Response:
    """The proof that the log only grew between two sizes; `relevo verify` takes it beside two evidence files."""
    with node_of(request).read(user) as work:
        return Response(log_status.prove_growth(work, old, new), media_type=MEDIA_TYPE)


@router.get("/alarms")
def list_alarms(request: Request, user: CurrentUser) -> list[Alarm]:
    """Every alarm about a log, newest first."""
    with node_of(request).read(user) as work:
        return [Alarm.model_validate(one) for one in log_status.alarms(work)]


@router.post("/alarms/{number}/seen")
def see_alarm(request: Request, user: CurrentUser, number: int) -> Alarm:
    """Say that you have looked at an alarm; it stays in the list."""
    with node_of(request).write(user) as work:
        return Alarm.model_validate(log_status.see(work, number))
