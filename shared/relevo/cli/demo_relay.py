"""A door before a node of the demo, which keeps a copy of all that peers bring, so that a copy can come again.

It stands on the loopback address, passes every request on as it came, and answers with what the node answered. It can
read nothing of a message: what it keeps is sealed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx

ENVELOPES = "/federation/v1/envelopes"
REQUEST_SECONDS = 30
_OF_ONE_HOP = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "date", "server"}
)


@dataclass(frozen=True)
class Copy:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Relay:
    """A door at a port of its own, before the node at `behind`."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self.brought: list[Copy] = []
        methods = dict.fromkeys(("do_GET", "do_POST", "do_PUT"), _Door.pass_on)
        handler = type("Door", (_Door,), {"relay": self, **methods})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def pass_on(self, copy: Copy) -> httpx.Response:
        """Bring a request to the node, be it the first time or once more."""
        url, headers = self._behind + copy.path, dict(copy.headers)
        return httpx.request(
            copy.method, url, headers=headers, content=copy.body, trust_env=False, timeout=REQUEST_SECONDS
        )

    def messages(self) -> list[Copy]:
        """The requests that brought envelopes."""
        return [copy for copy in self.brought if copy.path == ENVELOPES]

    def close(self) -> None:
        """Let nobody in any more."""
        self._server.shutdown()
        self._server.server_close()


class _Door(BaseHTTPRequestHandler):
    relay: ClassVar[Relay]

    def pass_on(self) -> None:
        """Pass one request on, and its answer back."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        copy = Copy(self.command, self.path, _lasting(dict(self.headers.items())), body)
        self.relay.brought.append(copy)
        try:
            answer = self.relay.pass_on(copy)
        except httpx.TransportError:
            self.send_error(502)
            return
        self.send_response(answer.status_code)
        for name, value in _lasting(answer.headers).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_words: object) -> None:
        """Say nothing: an address could name somebody."""


def _lasting(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_HOP}
