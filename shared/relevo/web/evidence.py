"""The routes of evidence: of one referral, of a relation over a period, of a whole node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from relevo.delivery import evidence, evidence_book
from relevo.delivery.evidence_book import Period
from relevo.delivery.node import Node
from relevo.domain.access import Act
from relevo.domain.access_to_data import LookReason
from relevo.messages.classes_values import Moment
from relevo.storage.unit_of_work import User
from relevo.web.access import CurrentUser, node_of

MEDIA_TYPE = "application/x-relevo-evidence"

router = APIRouter(prefix="/api", tags=["evidence"])

Since = Annotated[Moment | None, Query(alias="from", description="From this moment on, with its zone.")]
Until = Annotated[Moment | None, Query(alias="to", description="Before this moment, with its zone.")]


@router.get("/referrals/{thread}/evidence", response_class=Response)
def export_evidence(request: Request, user: CurrentUser, thread: str) -> Response:
    """The evidence of one referral, without personal data; `relevo verify` checks it off line."""
    node = node_of(request)
    with node.read(user) as work:
        work.require(Act.EXPORT_EVIDENCE)
        return Response(evidence.export(work, node.referral(work, thread).thread), media_type=MEDIA_TYPE)


@router.get("/referrals/{thread}/evidence-with-content", response_class=Response)
def export_with_content(
    request: Request,
    user: CurrentUser,
    thread: str,
    why: Annotated[LookReason, Query(description="Why you look; it is written down.")],
) -> Response:
    """The same with the personal data that your role may read; this is a look at it, and recorded."""
    node = node_of(request)
    with node.write(user) as work:
        work.require(Act.EXPORT_CONTENT)
        found = evidence_book.export_content(work, node.referral(work, thread).thread, why)
    return Response(found, media_type=MEDIA_TYPE)


@router.get("/evidence", response_class=Response)
def export_many(
    request: Request, user: CurrentUser, peer: str | None = None, since: Since = None, until: Until = None
) -> Response:
    """The evidence of all referrals with one peer, or with all of them, without personal data, line by line."""
    lines = _lines(node_of(request), user, peer, Period(since=since, until=until))
    first = next(lines)  # so that a refusal is one, and no broken file
    return StreamingResponse(_with_first(first, lines), media_type=MEDIA_TYPE)


def _lines(node: Node, user: User, peer: str | None, period: Period) -> Iterator[bytes]:
    with node.read(user) as work:
        if peer is None:
            yield from evidence_book.export_node(work, period)
        else:
            yield from evidence_book.export_relation(work, peer, period)


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
