"""Requests that are refused for their form alone, whoever sent them."""

from __future__ import annotations

from relevo.errors import WireError


class TargetTooLong(WireError):
    """The address of a request is longer than any that is served here."""

    code = "target-too-long"
    advice = "Check the path and the query; /api describes every route."


class HeadersTooLarge(WireError):
    """A request has more header fields than this node reads."""

    code = "headers-too-large"
    advice = "Send the fields that the protocol needs, and no others."


class MalformedHttp(WireError):
    """A request could be read in two ways, or is not HTTP."""

    code = "malformed-http"
    advice = "Something between you and this node changes requests; ask who runs it."


class ContentCodingUnsupported(WireError):
    """The body is compressed or coded."""

    code = "content-coding-unsupported"
    advice = "Send the body as it is, without Content-Encoding."


class BodyTooSlow(WireError):
    """The body did not come whole in time."""

    code = "body-too-slow"
    advice = "Send it again; if it happens again, send less at once."
