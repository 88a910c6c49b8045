"""Errors as problem documents (RFC 9457); the one place that knows HTTP statuses of errors.

    {"type": "urn:relevo:problem:not-sendable", "title": …, "status": 422, "code": "not-sendable", "detail": …,
     "field": …, "next": what to do, "reasons": [{"code","field","detail","advice"}], "allowed": [steps]}

`code` is stable; `title` and `detail` are for people and hold no personal data.
"""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from relevo.delivery.transport import PeerUnreachable
from relevo.domain.referral import IllegalStep
from relevo.errors import (
    BadInput,
    Conflict,
    Forbidden,
    Misconfigured,
    NotFound,
    Refusal,
    RelevoError,
    Unauthenticated,
    WireError,
)
from relevo.protocol.strict_json import JsonObject

EVENTS = structlog.get_logger("relevo.web")
MEDIA_TYPE = "application/problem+json"


class ReasonSaid(BaseModel):
    """One reason of a refusal."""

    code: str
    field: str
    detail: str
    advice: str | None = None


class Problem(BaseModel):
    """Why a request was refused, and what to do next (RFC 9457); `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    field: str | None = None
    next: str | None = None
    reasons: list[ReasonSaid] | None = None
    allowed: list[str] | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    kind: {"description": said, "model": Problem}
    for kind, said in {"4XX": "Refused, with what to do next.", "5XX": "Not possible just now."}.items()
}
"""What every route may answer beside its own result, for the description of the API."""

STATUS: dict[type[RelevoError], int] = {
    BadInput: 400,
    WireError: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Refusal: 422,
    Misconfigured: 500,
    PeerUnreachable: 502,
    RelevoError: 500,
}
"""The status of each family; a class belongs to the nearest family above it."""


def status_of(kind: type[RelevoError]) -> int:
    """The HTTP status of an error."""
    return next(STATUS[family] for family in kind.__mro__ if family in STATUS)


def problem_of(error: RelevoError) -> JsonObject:
    """An error as a problem document; what is absent is left out."""
    document = {
        "type": f"urn:relevo:problem:{error.code}",
        "title": (type(error).__doc__ or error.code).split("\n", 1)[0],
        "status": status_of(type(error)),
        "code": error.code,
        "detail": error.detail,
        "field": error.field,
        "next": error.next_step,
        "reasons": [vars(reason) for reason in error.reasons] if isinstance(error, Refusal) else None,
        "allowed": list(error.allowed) if isinstance(error, IllegalStep) else None,
    }
    return {name: value for name, value in document.items() if value is not None and value != []}


def wire_problem(error: WireError) -> JsonObject:
    """What a peer is told: the code and nothing of what we know."""
    return {"type": f"urn:relevo:problem:{error.wire_code}", "status": status_of(type(error)), "code": error.wire_code}


def install(app: FastAPI) -> None:
    """Answer every error of ours, and of the framework, with a problem document."""
    app.exception_handler(RelevoError)(_ours)
    app.exception_handler(RequestValidationError)(_malformed)
    app.exception_handler(HTTPException)(_framework)
    app.exception_handler(DBAPIError)(_database)


def respond(document: JsonObject, headers: dict[str, str] | None = None) -> JSONResponse:
    """A problem document as response."""
    return JSONResponse(document, status_code=document["status"], media_type=MEDIA_TYPE, headers=headers)


def _ours(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RelevoError):
        raise error
    headers = {"www-authenticate": "Bearer"} if isinstance(error, Unauthenticated) else None
    return respond(problem_of(error), headers)


def _malformed(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    reasons = [
        {"code": "bad-input", "field": ".".join(str(part) for part in fault["loc"][1:]), "detail": fault["msg"]}
        for fault in error.errors()
    ]
    document = problem_of(BadInput("the request is not of the form that is needed"))
    return respond({**document, "reasons": reasons})


def _framework(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}.get(error.status_code, "http-error")
    document = {"type": f"urn:relevo:problem:{code}", "title": error.detail, "status": error.status_code, "code": code}
    return respond(document, dict(error.headers or {}))


def _database(_request: Request, error: Exception) -> JSONResponse:
    """Gone, full, locked, or two at once: the transaction was undone as a whole, so another try is safe."""
    EVENTS.error("database", kind=type(error).__name__)
    document = {
        "type": "urn:relevo:problem:database-unavailable",
        "title": "The database cannot be reached just now.",
        "status": 503,
        "code": "database-unavailable",
        "next": "Nothing was lost or half done; try again in a moment.",
    }
    return respond(document, {"retry-after": "5"})
