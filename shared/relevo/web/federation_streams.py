"""The route by which peers compare streams; the body is read raw and given to `relevo.delivery.stream_lists`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from relevo.delivery import stream_lists
from relevo.delivery.federation import STREAM
from relevo.delivery.node import Node
from relevo.errors import WireError
from relevo.protocol.hop import HopRequest, joined_lines
from relevo.web import problems

router = APIRouter(tags=["federation"], include_in_schema=False)


@router.post(STREAM)
async def stream(request: Request) -> Response:
    """List a part of a stream for the peer who asks."""
    body = await request.body()
    return await run_in_threadpool(_answer, request, body)


def _answer(request: Request, body: bytes) -> Response:
    node: Node = request.app.state.node
    target = node.identity.endpoint.rstrip("/") + STREAM
    asked = HopRequest(method="POST", target_uri=target, headers=joined_lines(request.headers.items()), body=body)
    try:
        signed = stream_lists.answer(node, asked, request.app.state.gate.admission)
    except WireError as error:
        return problems.respond(problems.wire_problem(error), problems.waiting(error))
    return Response(signed.body, headers=dict(signed.headers))
