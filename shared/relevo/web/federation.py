"""The routes that peers use. Bodies are read raw and given to `relevo.delivery.federation`, within `web.limits`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.routing import Route

from relevo.delivery import federation
from relevo.delivery.node import Node
from relevo.errors import WireError
from relevo.protocol.hop import HopRequest, joined_lines
from relevo.web import problems

router = APIRouter(tags=["federation"], include_in_schema=False)
After = Annotated[int, Query(ge=0, le=(1 << 31) - 1)]


async def envelopes(request: Request) -> Response:
    """Receive 1 to 50 envelopes of a registered peer."""
    body = await request.body()
    return await run_in_threadpool(_envelopes, request, body)


ENVELOPES = Route(federation.ENVELOPES, envelopes, methods=["POST"])
"""Not FastAPI's, which would look for what the function depends on at each request."""


@router.post(federation.POSSESSION)
async def possession(request: Request) -> Response:
    """Prove that this node holds the keys of its statement."""
    body = await request.body()
    return await run_in_threadpool(_possession, request.app.state.node, body)


@router.get(federation.STATEMENTS)
def statements(request: Request, after: After = 0) -> JSONResponse:
    """Every version of this node's statement, or those above one."""
    return JSONResponse({"statements": federation.own_statements(request.app.state.node, after)})


@router.get(federation.WELL_KNOWN)
def statement(request: Request) -> Response:
    """The newest version of this node's statement."""
    newest = federation.own_statement(request.app.state.node)
    return Response(newest, media_type="application/relevo-statement+jwt")


def _envelopes(request: Request, body: bytes) -> Response:
    node: Node = request.app.state.node
    target = node.identity.endpoint.rstrip("/") + federation.ENVELOPES
    asked = HopRequest(method="POST", target_uri=target, headers=joined_lines(request.headers.items()), body=body)
    try:
        signed = federation.take_envelopes(node, asked, request.app.state.gate.admission)
    except WireError as error:
        return problems.respond(problems.wire_problem(error), problems.waiting(error))
    return Response(signed.body, headers=dict(signed.headers))


def _possession(node: Node, body: bytes) -> Response:
    try:
        return JSONResponse({"proof": federation.prove_possession(node, body)})
    except WireError as error:
        return problems.respond(problems.wire_problem(error))
