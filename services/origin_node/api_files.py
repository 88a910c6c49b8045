"""The route of an origin's API that sends the host a file; the body is the file itself, nothing around it.

The verb judges the announced length, before a byte is read, and says what to do.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request

from origin_node import files
from relevo.messages.circumstances_results import FileKind
from relevo.web.access import CurrentUser, node_of
from relevo.web.files import RAW_BODY, Attached, pieces_of

router = APIRouter(prefix="/api/referrals/{thread}/files", tags=["referrals"])


@router.post("", status_code=201, openapi_extra=RAW_BODY)
def attach_file(
    request: Request,
    user: CurrentUser,
    thread: str,
    kind: FileKind,
    content_length: Annotated[int, Header(ge=1)],
    title: Annotated[str | None, Query(max_length=300)] = None,
) -> Attached:
    """Send the host a file: PDF, JPEG, PNG, TIFF, WebP, HEIC, DOCX or ODT, as the raw body of at most 50 MB."""
    node, pieces = node_of(request), pieces_of(request)
    return Attached(digest=files.attach(node, user, thread, pieces, size=content_length, kind=kind, title=title))
