"""The routes about what goes by itself when its time has come; they show threads and numbers, nobody's data."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from relevo.delivery import retention
from relevo.web.access import CurrentUser, node_of

router = APIRouter(prefix="/api/retention", tags=["node"])


class Going(BaseModel):
    """A referral that has ended, when something of it goes next, and of how many classes something is here."""

    model_config = ConfigDict(from_attributes=True)

    peer: str
    thread: str
    status: str
    ended_at: datetime | None
    erase_at: datetime | None
    classes: int


class Ran(BaseModel):
    """How many referrals were looked at."""

    looked_at: int


@router.get("")
def list_due(request: Request, user: CurrentUser) -> list[Going]:
    """What goes when, the nearest first."""
    node = node_of(request)
    with node.read(user) as work:
        return [Going.model_validate(one) for one in retention.due(work, node.holdings)]


@router.post("/run")
def run_now(request: Request, user: CurrentUser) -> Ran:
    """Erase now what is due; otherwise the node does it by itself within the hour."""
    node = node_of(request)
    with node.write(user) as work:
        return Ran(looked_at=retention.run(work, node.holdings))
