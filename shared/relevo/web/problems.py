"""Errors as problem documents (RFC 9457); the one place that knows HTTP statuses of errors.

    {"type": "urn:relevo:problem:not-sendable", "title": …, "status": 422, "code": "not-sendable", "detail": …,
     "field": …, "rule": its word in docs/rules.md, "clause": path in the SOP, "next": what to do,
     "reasons": [{"code","field","detail","advice","rule","clause"}], "allowed": [steps]}

What does not apply is left out. `code` and `rule` are stable; `title` and `detail` are for people and hold no
personal data.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException

from relevo.delivery.admission import Busy, RateExceeded, Stopping
from relevo.delivery.federation import BodyTooLarge
from relevo.delivery.scanner import ScannerUnavailable
from relevo.delivery.shares import StorageQuota
from relevo.delivery.signing_time import ClockBehind
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
from relevo.storage.database import is_full
from relevo.web.refusals import BodyTooSlow, ContentCodingUnsupported, HeadersTooLarge, TargetTooLong

_FRAMEWORK = {
    400: ("bad-input", "Send JSON of the form that /api describes; nothing was stored."),
    404: ("not-found", "Check the path and the method; /api describes every route."),
    405: ("method-not-allowed", "Check the path and the method; /api describes every route."),
    413: ("body-too-large", "Send less at once; nothing was stored."),
}
_OTHER = ("http-error", "Check the request against /api, which describes every route.")
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "json_invalid": "is not JSON",
    "string_type": "must be text",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "too_short": "has fewer than {min_length} entries",
    "enum": "must be one of {expected}",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "timezone_aware": "must be a date and time with its offset, such as 2026-12-14T19:35:00+01:00",
    "datetime_from_date_parsing": "must be a date and time with its offset, such as 2026-12-14T19:35:00+01:00",
    "datetime_parsing": "must be a date and time with its offset, such as 2026-12-14T19:35:00+01:00",
    "date_from_datetime_parsing": "must be a date written as year-month-day, such as 2026-12-31",
    "date_parsing": "must be a date written as year-month-day, such as 2026-12-31",
}
_STORAGE_FULL: JsonObject = {
    "type": "urn:relevo:problem:storage-full",
    "title": "The disk of the database is full.",
    "status": 507,
    "code": "storage-full",
    "next": "Nothing was lost or half done. An administrator makes room on the disk; then try again.",
}
EVENTS = structlog.get_logger("relevo.web")
MEDIA_TYPE = "application/problem+json"


class ReasonSaid(BaseModel):
    """One reason of a refusal."""

    code: str
    field: str
    detail: str
    advice: str | None = None
    rule: str | None = None
    clause: str | None = None


class Problem(BaseModel):
    """Why a request was refused, and what to do next (RFC 9457); `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    field: str | None = None
    rule: str | None = None
    clause: str | None = None
    next: str | None = None
    reasons: list[ReasonSaid] | None = None
    allowed: list[str] | None = None


_REFUSALS = {
    400: "The address, the query or the body is not of the form that is described here; nothing was stored.",
    401: "No token was given, or one that nobody has.",
    403: "Your role does not do this, or the rules keep it from you.",
    404: "There is no such thing here, or not for you.",
    409: "It does not go with what is already here, such as a step that is no longer possible.",
    413: "The body is too large.",
    422: "The form is right, and a rule says no; each reason is named, with what to do.",
    429: "Too many requests at once; `Retry-After` says when to come again.",
    500: "Something is wrong at the node itself; its administrator is told what in its log.",
    502: "The other node could not be reached.",
    503: "Not possible just now; nothing was lost, and another try is safe.",
    507: "The disk of the database is full; nothing was lost, and an administrator makes room.",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "model": Problem} for status, said in _REFUSALS.items()
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
    ScannerUnavailable: 503,
    TargetTooLong: 414,
    HeadersTooLarge: 431,
    ContentCodingUnsupported: 415,
    BodyTooLarge: 413,
    BodyTooSlow: 408,
    RateExceeded: 429,
    StorageQuota: 507,
    Busy: 503,
    Stopping: 503,
    ClockBehind: 503,
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
        "rule": error.rule,
        "clause": error.clause,
        "next": error.next_step,
        "reasons": [_given(vars(reason)) for reason in error.reasons] if isinstance(error, Refusal) else None,
        "allowed": list(error.allowed) if isinstance(error, IllegalStep) else None,
    }
    return _given(document)


def _given(document: Mapping[str, Any]) -> JsonObject:
    return {name: value for name, value in document.items() if value not in (None, "", [])}


def wire_problem(error: WireError) -> JsonObject:
    """What a peer is told: the code and nothing of what we know."""
    return {"type": f"urn:relevo:problem:{error.wire_code}", "status": status_of(type(error)), "code": error.wire_code}


def waiting(error: RelevoError) -> dict[str, str]:
    """The field that says after how many seconds another try makes sense, if we know."""
    return (
        {"retry-after": str(error.seconds)} if isinstance(error, RateExceeded | Busy | Stopping | ClockBehind) else {}
    )


def install(app: FastAPI) -> None:
    """Answer every error of ours, and of the framework, with a problem document."""
    app.exception_handler(RelevoError)(_ours)
    app.exception_handler(RequestValidationError)(_malformed)
    app.exception_handler(HTTPException)(_framework)
    app.exception_handler(DBAPIError)(_database)
    app.exception_handler(Exception)(_unforeseen)


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
    document = problem_of(BadInput("the request is not of the form that is needed"))
    return respond({**document, "reasons": [_fault(fault) for fault in error.errors()]})


def _fault(fault: Mapping[str, Any]) -> JsonObject:
    """One fault that the framework found, in our words; none repeats what was given."""
    is_json = fault["type"] != "json_invalid"
    path = ".".join(str(part) for part in fault["loc"][1:]) if is_json else ""
    words = _WORDS.get(fault["type"], "is not of the form that is needed")
    return {"code": "bad-input", "field": path or "body", "detail": words.format_map(fault.get("ctx", {}))}


def _framework(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    code, advice = _FRAMEWORK.get(error.status_code, _OTHER)
    document = {
        "type": f"urn:relevo:problem:{code}",
        "title": error.detail,
        "status": error.status_code,
        "code": code,
        "next": advice,
    }
    return respond(document, dict(error.headers or {}))


def _database(_request: Request, error: Exception) -> JSONResponse:
    """Gone, full, locked, or two at once: the transaction was undone as a whole, so another try is safe."""
    if isinstance(error, DataError):
        return respond(problem_of(BadInput("the request holds something that no database can keep")))
    EVENTS.error("database", kind=type(error).__name__)
    if isinstance(error, DBAPIError) and is_full(error):
        return respond(_STORAGE_FULL, {"retry-after": "300"})
    document = {
        "type": "urn:relevo:problem:database-unavailable",
        "title": "The database cannot be reached just now.",
        "status": 503,
        "code": "database-unavailable",
        "next": "Nothing was lost or half done; try again in a moment.",
    }
    return respond(document, {"retry-after": "5"})


def _unforeseen(_request: Request, error: Exception) -> JSONResponse:
    """A fault of ours: logged by its kind and place, because its own words may quote somebody."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    EVENTS.error("unforeseen", kind=type(error).__name__, file=where.filename, line=where.lineno)
    return respond(problem_of(RelevoError("Something went wrong here that nobody foresaw; nothing was stored.")))
