"""The route by which an administrator reads what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from relevo.delivery import refusals
from relevo.web.access import CurrentUser, node_of

router = APIRouter(prefix="/api")
Peer = Annotated[str, Query(pattern=r"^[a-z]{2}:[a-z0-9-]{1,32}$", description="Of this node alone.")]


class Refused(BaseModel):
    """What was refused on a day and may be tried again; without a peer it came from strangers."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    peer: str | None
    code: str
    digest: str | None
    count: int
    next: str


@router.get("/refused", tags=["node"])
def list_refused(request: Request, user: CurrentUser, peer: Peer | None = None) -> list[Refused]:
    """What peers and strangers brought that was refused, by day, newest first, with the exact code."""
    with node_of(request).read(user) as work:
        return [Refused.model_validate(item) for item in refusals.listed(work, peer)]
