"""The routes by which two administrators agree a procedure: import, compare, propose, accept; and read what holds."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from relevo.delivery import sop_exchange
from relevo.domain.access import Act
from relevo.domain.sop_difference import compare
from relevo.domain.sop_versions import Standing
from relevo.storage import sops
from relevo.storage.tables import SopRow
from relevo.storage.unit_of_work import UnitOfWork
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body

router = APIRouter(prefix="/api")


class SopText(Body):
    """A standard operating procedure as TOML."""

    text: str = Field(max_length=200_000)


class Sop(BaseModel):
    """A standard operating procedure, how far the agreement on it has come, and what it is good for now."""

    digest: str
    name: str
    version: int
    peer: str
    state: str
    effective_at: datetime
    standing: Standing | None


class SopChange(BaseModel):
    """One difference between two SOPs, by its path in the document."""

    model_config = ConfigDict(from_attributes=True)

    path: str
    kind: str
    old: str
    new: str


class SopMovement(BaseModel):
    """A class that moves; beside every service if `service` is empty, whole if `fields` and `beyond` are."""

    model_config = ConfigDict(from_attributes=True)

    purpose: str
    service: str
    data_class: str
    returns: bool
    fields: list[str]
    beyond: list[str]


class SopReach(BaseModel):
    """What somebody may do with a class, or how long it is kept or asked for, in words."""

    model_config = ConfigDict(from_attributes=True)

    side: str
    who: str
    does: str
    data_class: str
    more: str


class SopDifferences(BaseModel):
    """What may move now and might not before, what may no longer move, who gains and loses what, and every change."""

    model_config = ConfigDict(from_attributes=True)

    opened: list[SopMovement]
    barred: list[SopMovement]
    gained: list[SopReach]
    lost: list[SopReach]
    changes: list[SopChange]


@router.get("/sops", tags=["node"])
def list_sops(request: Request, user: CurrentUser) -> list[Sop]:
    """All standard operating procedures."""
    with node_of(request).read(user) as work:
        return [_sop(work, row) for row in sops.everything(work.session)]


@router.get("/sops/{name_or_digest}/text", tags=["node"], response_class=Response)
def show_sop(request: Request, user: CurrentUser, name_or_digest: str) -> Response:
    """The exact text of a procedure."""
    with node_of(request).read(user) as work:
        return Response(sops.find(work.session, name_or_digest).text, media_type="application/toml")


@router.get("/sops/{name_or_digest}/difference", tags=["node"])
def compare_sops(request: Request, user: CurrentUser, name_or_digest: str, old: str) -> SopDifferences:
    """What a procedure changes against an older one, both by NAME, NAME@VERSION or digest."""
    with node_of(request).read(user) as work:
        texts = [sops.find(work.session, name).text for name in (old, name_or_digest)]
    return SopDifferences.model_validate(compare(*texts))


@router.post("/sops", status_code=201, tags=["node"])
def import_sop(request: Request, user: CurrentUser, given: SopText) -> Sop:
    """Keep a procedure as a draft, after everything in it that contradicts itself was named."""
    with node_of(request).write(user) as work:
        work.require(Act.AGREE_SOP)
        own = work.identity.node_id
        return _sop(work, sops.keep(work.session, given.text, own=own, at=work.at))


@router.post("/sops/{name_or_digest}/propose", tags=["node"])
def propose_sop(request: Request, user: CurrentUser, name_or_digest: str) -> Sop:
    """Sign a draft and send it to the other node."""
    with node_of(request).write(user) as work:
        work.require(Act.AGREE_SOP)
        row = sops.find(work.session, name_or_digest)
        sop_exchange.propose(work, row)
        return _sop(work, row)


@router.post("/sops/{name_or_digest}/accept", tags=["node"])
def accept_sop(request: Request, user: CurrentUser, name_or_digest: str) -> Sop:
    """Sign a procedure that the peer proposed."""
    with node_of(request).write(user) as work:
        work.require(Act.AGREE_SOP)
        row = sops.find(work.session, name_or_digest)
        sop_exchange.accept(work, row)
        return _sop(work, row)


def _sop(work: UnitOfWork, row: SopRow) -> Sop:
    standing = sops.standing_of(work.session, row, work.at)
    return Sop(
        digest=row.digest,
        name=row.name,
        version=row.version,
        peer=row.peer,
        state=row.state,
        effective_at=row.effective_at,
        standing=standing,
    )
