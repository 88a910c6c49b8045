"""One process that takes requests, and how it stops.

Asked to stop, it finishes the requests that are under way, for at most 20 seconds, and answers new ones with 503
`stopping` and `Retry-After`; then it closes its door, ends its worker if it has one, and is gone.

Addresses are never logged, because a query could name a person; nor are the server's own tracebacks, because what they
quote could.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from uvicorn.config import LifespanType

from relevo.cli.context import Invocation
from relevo.cli.crew import ENDING
from relevo.config import NodeSettings
from relevo.delivery.admission import Gate, Limits
from relevo.delivery.worker import Worker

GRACE_SECONDS = 20
LAST_SECONDS = 5
"""How long connections have to close once nothing is under way in them."""
_LOOK_SECONDS = 0.05


def take_requests(call: Invocation, door: socket.socket, *, worker: Worker | None, begun: Callable[[], None]) -> None:
    """Serve at `door` until this process is asked to end, with a worker beside it or without."""
    app = call.service.application(call.service, call.node)
    app.state.transport = call.transport
    app.state.gate = Gate(_limits(call.settings))
    app.router.lifespan_context = _beside(worker, begun)
    _make_routes(app)
    _keep_what_stays()
    _Server(server_config(app), app.state.gate, worker).run(sockets=[door])


def server_config(
    app: FastAPI,
    *,
    door: type[asyncio.Protocol] | None = None,
    lifespan: LifespanType = "auto",
    last_seconds: int = LAST_SECONDS,
) -> uvicorn.Config:
    """How every node is served: behind its own door unless another is given, and without a word about addresses."""
    return uvicorn.Config(
        app,
        http=door or app.state.door,
        h11_max_incomplete_event_size=app.state.door.HEADER_BYTES,
        loop="asyncio",
        ws="none",
        access_log=False,
        log_level="critical",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        lifespan=lifespan,
        timeout_graceful_shutdown=last_seconds,
    )


def _make_routes(app: FastAPI) -> None:
    """Let the routes be made now, and not while whoever asks first waits for them."""
    nowhere = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(dict(nowhere))


def _keep_what_stays() -> None:
    """Let the collector of cycles pass over what was loaded once and stays, and look seldom at a batch under way."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, gate: Gate, worker: Worker | None) -> None:
        super().__init__(config)
        self._gate = gate
        self._worker = worker

    async def main_loop(self) -> None:
        """Sleep until a signal asks to end, and do not wake ten times a second to look whether one did."""
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        for one in ENDING:
            loop.add_signal_handler(one, self._end, one, asked)
        if not self.should_exit:
            await asked.wait()

    def _end(self, number: signal.Signals, asked: asyncio.Event) -> None:
        self.handle_exit(number, None)
        asked.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way behind an open door, at which others are told to come again; then close it."""
        self._gate.stopping = True
        if self._worker is not None:
            self._worker.halt()
        end = time.monotonic() + GRACE_SECONDS
        while self._gate.inside and not self.force_exit and time.monotonic() < end:  # noqa: ASYNC110 - Ctrl-C too
            await asyncio.sleep(_LOOK_SECONDS)
        await super().shutdown(sockets)


def _limits(settings: NodeSettings) -> Limits:
    return Limits(
        body_bytes=settings.max_body_mebibytes << 20,
        body_seconds=settings.body_seconds,
        per_minute_of_a_peer=settings.requests_per_minute_of_a_peer,
        per_minute_of_an_address=settings.requests_per_minute_of_an_address,
        at_once_of_a_peer=settings.requests_at_once_of_a_peer,
        at_once=settings.requests_at_once,
    )


def _beside(worker: Worker | None, begun: Callable[[], None]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Start the worker with the server, and end it in time."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if worker is not None:
            worker.start()
        begun()
        try:
            yield
        finally:
            if worker is not None:
                await run_in_threadpool(worker.stop)

    return lifespan
