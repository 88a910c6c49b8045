"""The routes about organisations that must erase what they were given."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from origin_node import chasing
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body

router = APIRouter(prefix="/api/referrals/{thread}/erasures", tags=["referrals"])


class Chased(BaseModel):
    """An organisation that must erase its part, by when, and when it confirmed."""

    model_config = ConfigDict(from_attributes=True)

    organisation: str
    asked_at: datetime
    due_at: datetime
    confirmed_at: datetime | None
    confirmed_by: str | None


class Confirmation(Body):
    """The organisation that has erased what it was given."""

    organisation: str


@router.get("")
def list_chased(request: Request, user: CurrentUser, thread: str) -> list[Chased]:
    """The organisations that were asked to erase their part, and who has confirmed."""
    with node_of(request).read(user) as work:
        return [Chased.model_validate(one) for one in chasing.show(work, thread)]


@router.post("/confirm")
def confirm(request: Request, user: CurrentUser, thread: str, given: Confirmation) -> list[Chased]:
    """Confirm that an organisation has erased what it was given, and tell the host."""
    with node_of(request).write(user) as work:
        chasing.confirm(work, thread, given.organisation)
        return [Chased.model_validate(one) for one in chasing.show(work, thread)]
