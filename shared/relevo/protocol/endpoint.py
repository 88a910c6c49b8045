"""The address under which a node takes envelopes, as it may stand in its statement.

`https`, a host, optionally a port and a path; nothing else. `http` is for loopback hosts only (demos and tests on one
machine). No user name, query or fragment can stand in it, so that joining a path to it means one thing.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from relevo.errors import WireError

_VISIBLE = re.compile(r"[!-~]{1,2000}")
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+")


class UnfitEndpoint(WireError):
    """An address is not one that envelopes may be sent to."""

    code = "unfit-endpoint"
    advice = "Ask the peer's administrator for a statement with an https address."


def require_endpoint(url: str) -> None:
    """Raises `UnfitEndpoint` unless envelopes may be sent to `url`."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UnfitEndpoint("not a URL") from error
    if not _VISIBLE.fullmatch(url) or not _HOST.fullmatch(parts.hostname or ""):
        raise UnfitEndpoint("not an ASCII URL with a host")
    if "?" in url or "#" in url or "@" in parts.netloc:
        raise UnfitEndpoint("a user name, query or fragment stands in the URL")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise UnfitEndpoint("not https (http is for loopback hosts only)")


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine: `localhost`, 127.0.0.0/8 or ::1."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
