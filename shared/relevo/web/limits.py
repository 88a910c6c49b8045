"""What is refused before any work is done: too much, too long, too slow, too often, or said in two ways.

| what | status | code |
| --- | --- | --- |
| an address of more than 4096 characters | 414 | `target-too-long` |
| more than 64 header fields (their bytes: `relevo.web.door`) | 431 | `headers-too-large` |
| a field twice that may stand once; a length and chunks; a length that is no number | 400 | `malformed-http` |
| a body in a content coding | 415 | `content-coding-unsupported` |
| a body that says or turns out to be larger than the limit | 413 | `body-too-large` |
| a body that has not come whole in time | 408 | `body-too-slow` |
| too many requests of peers or strangers from one address | 429 | `rate-exceeded` |
| too many of them at once | 503 | `busy` |
| anything, while the node finishes what is under way and stops | 503 | `stopping` |

A body is read whole before the application is called, but under `STREAMED`, where the route counts by itself. The last
is asked first, then the two before it, and those only on what peers use. The address is that of the connection; if that
is this machine, which is a proxy, it is the last one in X-Forwarded-For, which the proxy wrote. IPv6 addresses count by
their /64.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relevo.delivery.admission import Busy, Gate, Limits, Stopping
from relevo.delivery.federation import BodyTooLarge
from relevo.errors import WireError
from relevo.web import problems
from relevo.web.refusals import BodyTooSlow, ContentCodingUnsupported, HeadersTooLarge, MalformedHttp, TargetTooLong

MAX_TARGET = 4096
MAX_FIELDS = 64
STREAMED = re.compile(r"/api/(cases|referrals)/[^/]+/files/?")
"""Where people upload files: that route asks who they are first, then reads piece by piece, up to its own limit."""
OF_PEERS = ("/federation/", "/.well-known/", "/log/")

_ONCE = frozenset(
    {
        b"authorization",
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"signature",
        b"signature-input",
        b"transfer-encoding",
    }
)


class LimitsMiddleware:
    """Stands before the application; its `Gate` is the application's `state.gate`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        gate: Gate = scope["app"].state.gate
        counted = scope["path"].startswith(OF_PEERS)
        gate.under_way += counted
        gate.inside += 1
        try:
            if gate.stopping:
                raise Stopping
            if counted:
                _require_turn(scope, gate)
            _require_sound(scope)
            received = await _received(scope, receive, gate.limits)
        except WireError as refusal:
            await _refuse(refusal, scope, receive, send)
        else:
            if received is not None:
                await self._app(scope, received, send)
        finally:
            gate.under_way -= counted
            gate.inside -= 1


async def _refuse(refusal: WireError, scope: Scope, receive: Receive, send: Send) -> None:
    response = problems.respond(problems.problem_of(refusal), {**problems.waiting(refusal), "connection": "close"})
    await response(scope, receive, send)


def _require_turn(scope: Scope, gate: Gate) -> None:
    gate.addresses.take(_address(scope))
    if gate.under_way > gate.limits.at_once:
        raise Busy


def _require_sound(scope: Scope) -> None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET:
        raise TargetTooLong
    names = [name for name, _ in scope["headers"]]
    if len(names) > MAX_FIELDS:
        raise HeadersTooLarge
    if any(names.count(name) > 1 for name in _ONCE) or {b"content-length", b"transfer-encoding"} <= set(names):
        raise MalformedHttp
    if _field(scope, b"content-encoding") not in {b"", b"identity"}:
        raise ContentCodingUnsupported


async def _received(scope: Scope, receive: Receive, limits: Limits) -> Receive | None:
    """The body, ready to be received at once; None if the sender left before it was whole."""
    if STREAMED.fullmatch(scope["path"]):
        return receive
    length = _field(scope, b"content-length") or b"0"
    if not length.isdigit():
        raise MalformedHttp
    if len(length) > len(str(limits.body_bytes)) or int(length) > limits.body_bytes:
        raise BodyTooLarge
    try:
        async with asyncio.timeout(limits.body_seconds):
            first = await _whole(receive, limits.body_bytes)
    except TimeoutError:
        raise BodyTooSlow from None
    if first is None:
        return None
    messages = iter((first,))

    async def again() -> Message:
        return next(messages, None) or await receive()

    return again


async def _whole(receive: Receive, limit: int) -> Message | None:
    raw = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        raw += message.get("body", b"")
        if len(raw) > limit:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return {"type": "http.request", "body": bytes(raw), "more_body": False}


def _field(scope: Scope, wanted: bytes) -> bytes:
    found: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value.strip().lower() for name, value in found if name == wanted), b"")


def _address(scope: Scope) -> str:
    near = scope["client"][0] if scope["client"] else ""
    told = _field(scope, b"x-forwarded-for").rpartition(b",")[2].strip().decode("latin-1")
    for said in (told, near) if _is_this_machine(near) else (near,):
        try:
            address = ip_address(said)
        except ValueError:
            continue
        return str(ip_network((int(address), 64), strict=False)) if isinstance(address, IPv6Address) else str(address)
    return near


def _is_this_machine(near: str) -> bool:
    try:
        return ip_address(near).is_loopback
    except ValueError:
        return False
