"""How connections of strangers are held before there is a request: so many bytes and so long for its header.

The header of a request has 32 KiB and ten seconds from its first byte (or from the beginning of the connection).
What cannot be read as one HTTP request gets a problem document, and the connection ends:

    431 headers-too-large    400 malformed-http

The head of an answer goes together with its body, so that who waits for it wakes once.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from relevo.protocol import strict_json
from relevo.web import problems
from relevo.web.refusals import HeadersTooLarge, MalformedHttp


class Door(H11Protocol):
    """One connection."""

    HEADER_BYTES = 32 << 10
    HEADER_SECONDS = 10.0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._patience: asyncio.TimerHandle | None = None
        self._wait()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Answer in few packets."""
        super().connection_made(_Together(transport, self.loop))

    def data_received(self, data: bytes) -> None:
        """Read on; stop waiting once the header is whole."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._patience is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Say in a problem document that this is no request, and end the connection."""
        del msg
        is_large = len(self.conn.trailing_data[0]) > self.HEADER_BYTES
        document = problems.problem_of(HeadersTooLarge() if is_large else MalformedHttp())
        body = strict_json.dump(document)
        fields = [("content-type", problems.MEDIA_TYPE), ("content-length", str(len(body))), ("connection", "close")]
        with contextlib.suppress(h11.LocalProtocolError):
            for event in (h11.Response(status_code=document["status"], headers=fields), h11.Data(body)):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:
            self.cycle.disconnected = True  # whatever the application still says has nowhere to go
        self.transport.close()

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.HEADER_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self.transport.close()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class _Together(asyncio.Transport):
    """Sends what is written in one turn of the loop together with what is written next."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._kept = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep the first, and send both as soon as there is a second."""
        if self._kept:
            self._send(data)
        elif data:
            self._kept = bytes(data)
            self._loop.call_soon(self._send)

    def _send(self, more: bytes | bytearray | memoryview = b"") -> None:
        whole, self._kept = b"".join((self._kept, more)), b""
        if whole:
            self._transport.write(whole)

    def close(self) -> None:
        """Send what is kept, and close."""
        self._send()
        self._transport.close()

    def is_closing(self) -> bool:
        """See `asyncio.Transport`."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """See `asyncio.Transport`."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """See `asyncio.Transport`."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """See `asyncio.Transport`."""
        self._transport.resume_reading()
