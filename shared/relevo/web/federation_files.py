"""The routes by which peers bring files. Each part is read raw, within `web.limits`; nothing goes to disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from relevo.delivery import files_federation
from relevo.delivery.federation import Signed
from relevo.delivery.files_federation import FILES
from relevo.delivery.node import Node
from relevo.errors import WireError
from relevo.protocol.hop import HopRequest, joined_lines
from relevo.web import problems

router = APIRouter(tags=["federation"], include_in_schema=False)
Digest = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]
Number = Annotated[str, Path(pattern=r"^(0|[1-9][0-9]{0,2})$")]


@router.get(FILES + "{digest}")
def show_file(request: Request, digest: Digest) -> Response:
    """How much of a file is here."""
    asked = _asked(request, FILES + digest, b"")
    node, admission = request.app.state.node, request.app.state.gate.admission
    return _told(lambda: files_federation.show_file(node, asked, digest, admission))


@router.put(FILES + "{digest}/{number}")
async def take_part(request: Request, digest: Digest, number: Number) -> Response:
    """Take one part of a file."""
    asked = _asked(request, f"{FILES}{digest}/{number}", await request.body())
    node, admission = request.app.state.node, request.app.state.gate.admission
    return await run_in_threadpool(
        _told, lambda: files_federation.take_part(node, asked, digest, int(number), admission)
    )


def _asked(request: Request, path: str, body: bytes) -> HopRequest:
    node: Node = request.app.state.node
    target = node.identity.endpoint.rstrip("/") + path
    return HopRequest(
        method=request.method, target_uri=target, headers=joined_lines(request.headers.items()), body=body
    )


def _told(answer: Callable[[], Signed]) -> Response:
    try:
        signed = answer()
    except WireError as error:
        return problems.respond(problems.wire_problem(error), problems.waiting(error))
    return Response(signed.body, headers=dict(signed.headers))
