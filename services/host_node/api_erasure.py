"""The route that shows which organisations at the origin have erased what they were given."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from host_node import erasure
from relevo.web.access import CurrentUser, node_of

router = APIRouter(prefix="/api/referrals/{thread}/erasures", tags=["referrals"])


class Chased(BaseModel):
    """An organisation of the origin that must erase its part, and when it confirmed."""

    model_config = ConfigDict(from_attributes=True)

    organisation: str
    asked_at: datetime | None
    confirmed_at: datetime | None


@router.get("")
def list_chased(request: Request, user: CurrentUser, thread: str) -> list[Chased]:
    """The organisations that the origin asked to erase their part, and who has confirmed."""
    with node_of(request).read(user) as work:
        return [Chased.model_validate(one) for one in erasure.chased(work, thread)]
