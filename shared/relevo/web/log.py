"""The routes of a node's log: for whoever follows it, without a token, and for peers that bring theirs to be cosigned.

| route | what |
| --- | --- |
| `GET /log/checkpoint` | the newest signed head, with cosignatures |
| `GET /log/tile/…` | tiles and bundles of entries (C2SP tlog-tiles) |
| `POST /federation/v1/witness/add-checkpoint` | C2SP tlog-witness, with the statuses of that document |
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from relevo.delivery import log_files, witness
from relevo.delivery.federation import WITNESS
from relevo.delivery.node import Node
from relevo.errors import Conflict, NotFound, WireError
from relevo.protocol.checkpoint import CheckpointBadSignature
from relevo.protocol.merkle import ConsistencyFailed
from relevo.protocol.tiles import WIDTH, parse_path
from relevo.web import problems

FOREVER = "public, max-age=31536000, immutable"
STATUSES: Mapping[type[Exception], HTTPStatus] = {
    CheckpointBadSignature: HTTPStatus.FORBIDDEN,
    ConsistencyFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Where tlog-witness wants another status than our own table of problems gives."""

router = APIRouter(tags=["log"], include_in_schema=False)


@router.get("/log/checkpoint")
def checkpoint(request: Request) -> PlainTextResponse:
    """The newest checkpoint of this node's log."""
    return PlainTextResponse(log_files.newest(request.app.state.node))


@router.get("/log/{path:path}")
def tile(request: Request, path: str) -> Response:
    """A tile of hashes, or a bundle of entries; a full one never changes."""
    raw = log_files.tile(request.app.state.node, path)
    whole = parse_path(path).width == WIDTH
    return Response(raw, media_type="application/octet-stream", headers={"cache-control": FOREVER} if whole else None)


@router.post(WITNESS)
async def add_checkpoint(request: Request) -> Response:
    """Cosign the newest head of a peer's log."""
    body = await request.body()
    return await run_in_threadpool(answer, request.app.state.node, body)


def answer(node: Node, body: bytes) -> Response:
    """What a witness answers to a request, as tlog-witness says it."""
    try:
        return PlainTextResponse(witness.cosign(node, body))
    except witness.OldSizeDiffers as differs:
        size = {"content-type": witness.SIZE_TYPE}
        return Response(f"{differs.size}\n", status_code=HTTPStatus.CONFLICT, headers=size)
    except (Conflict, NotFound) as refused:
        return problems.respond(problems.problem_of(refused))
    except WireError as refused:
        document = problems.wire_problem(refused)
        return problems.respond({**document, "status": STATUSES.get(type(refused), document["status"])})
