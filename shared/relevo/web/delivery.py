"""The routes about the post itself: how it stands with each peer, what only one side has or stays stuck, new epochs."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from relevo.delivery import comparison, dead_letters, epochs, standing
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body

router = APIRouter(prefix="/api/delivery", tags=["node"])


class Standing(BaseModel):
    """How the post with one peer stands: numbers, moments and words, nobody's data."""

    model_config = ConfigDict(from_attributes=True)

    peer: str
    state: str
    queued: int
    in_flight: int
    oldest_at: datetime | None
    last_receipt_at: datetime | None
    heard_at: datetime | None
    next_attempt_at: datetime | None
    waits: str | None
    epoch: int
    last_seq: int
    missing_there: int
    missing_here: int
    held: int
    refused: int
    forgotten: int
    stopped: bool
    statement_ends_at: datetime
    brought_today: int
    kept_bytes: int


class OneSided(BaseModel):
    """A message that the two nodes do not have alike; `sent` says that this node sent it."""

    model_config = ConfigDict(from_attributes=True)

    finding: comparison.Finding
    sent: bool
    epoch: int
    seq: int
    jti: str


class Compared(BaseModel):
    """How many messages both nodes have alike, and those that they do not; `well` if nobody has to look."""

    model_config = ConfigDict(from_attributes=True)

    alike: int
    one_sided: list[OneSided]
    well: bool


class DeadLetter(BaseModel):
    """A message that does not get through, why, and what to do."""

    model_config = ConfigDict(from_attributes=True)

    jti: str
    peer: str
    thread: str
    kind: str
    state: str
    code: str
    next: str | None
    made_at: datetime
    attempts: int
    next_attempt_at: datetime | None


class Why(Body):
    """Why the streams restart."""

    why: str


class Restarted(BaseModel):
    """A stream that goes on under a new epoch."""

    peer: str
    epoch: int


@router.get("")
def list_standings(request: Request, user: CurrentUser) -> list[Standing]:
    """How the post stands with each peer."""
    with node_of(request).read(user) as work:
        return [Standing.model_validate(one) for one in standing.standings(work)]


@router.get("/compare")
def compare(request: Request, user: CurrentUser, peer: str) -> Compared:
    """Compare both nodes' streams: which message only one side has. The peer is asked, so it must be up."""
    found = comparison.compare(node_of(request), request.app.state.transport, peer, user)
    one_sided = [OneSided.model_validate(one) for one in found.one_sided]
    return Compared(alike=found.alike, one_sided=one_sided, well=comparison.is_well(found))


@router.get("/stuck")
def list_stuck(request: Request, user: CurrentUser) -> list[DeadLetter]:
    """Messages that do not get through, with why and what to do."""
    node = node_of(request)
    with node.read(user) as work:
        return [DeadLetter.model_validate(one) for one in dead_letters.dead_letters(work, node)]


@router.post("/stuck/{jti}/resend", status_code=204)
def resend(request: Request, user: CurrentUser, jti: str) -> None:
    """Try a message again now; it stays the same message."""
    node = node_of(request)
    with node.write(user) as work:
        dead_letters.resend(work, node, jti)


@router.post("/forgotten/{jti}/noted", status_code=204)
def note_forgotten(request: Request, user: CurrentUser, jti: str) -> None:
    """Note that people have dealt with a message that was forgotten by a restore."""
    with node_of(request).write(user) as work:
        epochs.note_forgotten(work, jti)


@router.post("/epoch")
def confirm_epoch(request: Request, user: CurrentUser, given: Why) -> list[Restarted]:
    """After a restore: let sending go on under a new epoch towards every peer."""
    with node_of(request).write(user) as work:
        return [Restarted(peer=row.node_id, epoch=row.epoch) for row in epochs.confirm(work, given.why)]
