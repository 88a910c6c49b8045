"""Each answer is dated by the clock of the node: who is refused as `hop-skew` can measure the difference."""

from __future__ import annotations

from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relevo.delivery.node import Node


class DateMiddleware:
    """Writes `Date` (RFC 9110, section 6.6.1); the server writes none itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        node: Node = scope["app"].state.node

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = format_datetime(node.clock.now(), usegmt=True).encode("ascii")
                message = {**message, "headers": [*message.get("headers", ()), (b"date", said)]}
            await send(message)

        await self._app(scope, receive, dated)
