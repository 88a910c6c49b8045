"""One node behind its real server on a loopback port, in a thread; and a client that writes its HTTP byte by byte."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from relevo.cli.server import server_config
from relevo.delivery.admission import Gate, Limits
from relevo.delivery.node import Node
from relevo.protocol import strict_json
from relevo.protocol.strict_json import JsonObject
from relevo.runtime import Service
from relevo.web.door import Door

PATIENCE_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came back on a connection until the node closed it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> JsonObject:
        """The body as JSON."""
        return strict_json.load(self.body, limit=len(self.body))

    @property
    def code(self) -> str:
        """Status and code, such as `413 body-too-large`; only the status where it is no problem document."""
        is_problem = self.headers.get("content-type") == "application/problem+json"
        return f"{self.status} {self.document['code']}" if is_problem and self.body else str(self.status)


class HastyDoor(Door):
    """The door of every node, with less patience."""

    HEADER_SECONDS = 0.5


@contextmanager
def served(service: Service, node: Node, limits: Limits) -> Iterator[int]:
    """The port of `node` as long as the block lasts."""
    app = service.application(service, node)
    app.state.gate = Gate(limits)
    server = uvicorn.Server(server_config(app, door=HastyDoor, lifespan="off", last_seconds=1))
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield door.getsockname()[1]
        server.should_exit = True
        thread.join()


def speak(port: int, *pieces: bytes) -> Told | None:
    """Send bytes on a connection of their own and read to its end; None if nothing came back."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as line:
        raw = bytearray()
        try:
            for piece in pieces:
                line.sendall(piece)
            while received := line.recv(1 << 16):
                raw += received
        except ConnectionError:
            pass
    return _read(bytes(raw)) if raw else None


def request(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request that asks to close the connection; Host and Content-Length are given unless `headers` do."""
    fields = {"host": "accueil.example", "content-length": str(len(body)), "connection": "close", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def _read(raw: bytes) -> Told:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Told(status=int(first.split()[1]), headers=headers, body=body)
