"""What each answer tells browsers: run nothing that is not ours, keep nothing, tell nobody where you come from."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SOURCES = {
    "default-src": "'none'",
    "script-src": "'self' 'unsafe-inline'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
}
FIELDS = (
    (b"content-security-policy", "; ".join(f"{kind} {source}" for kind, source in SOURCES.items()).encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class GuardMiddleware:
    """Writes these fields where the application has not said otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message["headers"]
                names = {name for name, _ in said}
                message = {**message, "headers": [*said, *(field for field in FIELDS if field[0] not in names)]}
            await send(message)

        await self._app(scope, receive, guarded)
