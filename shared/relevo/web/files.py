"""The routes about files of a referral, on both kinds of node, and how a body becomes a stream of pieces.

A file is given out to be saved, never to be shown by the browser inside this site. Neither way anything plain is
written to disk.
"""

from __future__ import annotations

from collections.abc import Iterator

from anyio import from_thread
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from relevo.delivery import files_view
from relevo.delivery.files_view import Opened
from relevo.domain.access_to_data import LookReason
from relevo.storage.files import Announced
from relevo.web.access import CurrentUser, node_of
from relevo.web.looks import WhyLooking

router = APIRouter(prefix="/api/referrals/{thread}/files", tags=["referrals"])
RAW_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}
SAVED_ONLY = {"content-security-policy": "sandbox; default-src 'none'", "x-content-type-options": "nosniff"}


class FileShown(BaseModel):
    """A file of a referral: what it is and how far it has come; its key is not shown."""

    digest: str
    kind: str
    title: str | None
    media_type: str
    size: int
    state: str | None
    problem: str | None


class Attached(BaseModel):
    """A file that was attached."""

    digest: str


@router.get("")
def list_files(
    request: Request, user: CurrentUser, thread: str, why: WhyLooking = LookReason.ASSIST
) -> list[FileShown]:
    """The files that messages of this referral name; the look is written down."""
    return [_shown(one) for one in files_view.show(node_of(request), user, thread, why)]


@router.get("/{digest}", response_class=StreamingResponse)
def read_file(
    request: Request, user: CurrentUser, thread: str, digest: str, why: WhyLooking = LookReason.ASSIST
) -> StreamingResponse:
    """One file, to be saved; the look is written down."""
    return streamed(files_view.read(node_of(request), user, thread, digest, why))


def streamed(found: Opened) -> StreamingResponse:
    """An opened file as an answer."""
    headers = {**SAVED_ONLY, "content-disposition": f'attachment; filename="{found.name}"'}
    return StreamingResponse(found.pieces, media_type=found.media_type, headers=headers)


def pieces_of(request: Request) -> Iterator[bytes]:
    """The body of a request piece by piece, for a route that runs in a thread."""
    stream = request.stream()

    async def following() -> bytes | None:
        return await anext(stream, None)

    while (piece := from_thread.run(following)) is not None:
        yield piece


def _shown(one: Announced) -> FileShown:
    named = one.entry.model_dump(mode="json", exclude={"key"})
    return FileShown(**{"title": None, **named}, state=one.state, problem=one.problem)
