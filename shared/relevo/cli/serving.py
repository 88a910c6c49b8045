"""Commands that let a node work: `serve` until it is told to stop, or `deliver` for one turn.

`serve` prints one line on standard output as soon as it takes requests, and nothing more:

    ready http://127.0.0.1:8101/api

SIGTERM and Ctrl-C let requests and the worker's turn come to their end. Addresses are never logged, because a query
could name a person; nor are the server's own tracebacks, because what they quote could.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import typer
import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from relevo.cli import show
from relevo.cli.context import Invocation, invocation
from relevo.config import NodeSettings
from relevo.delivery import federation, outbox
from relevo.delivery.admission import Gate, Limits
from relevo.delivery.worker import Worker
from relevo.errors import Misconfigured
from relevo.storage import peers

GRACE_SECONDS = 20


def serve(ctx: typer.Context) -> None:
    """Run the node: its API, what peers bring, and its own post, until it is stopped."""
    call = invocation(ctx)
    _require_statement(call)
    door = _listen(call.settings)
    app = call.service.application(call.service, call.node)
    app.state.transport = call.transport
    app.state.gate = Gate(_limits(call.settings))
    app.router.lifespan_context = _beside(_worker(call), ready=_page(door))
    config = uvicorn.Config(
        app,
        http=app.state.door,
        h11_max_incomplete_event_size=app.state.door.HEADER_BYTES,
        loop="asyncio",
        ws="none",
        access_log=False,
        log_level="critical",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    _keep_what_stays()
    uvicorn.Server(config).run(sockets=[door])


def _keep_what_stays() -> None:
    """Let the collector of cycles pass over what was loaded once and stays, and look seldom at a batch under way."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def deliver(ctx: typer.Context) -> None:
    """Bring what waits to peers, once and now, without a server."""
    call = invocation(ctx)
    _require_statement(call)
    worker = _worker(call)
    worker.begin()
    worker.turn()
    with call.node.read() as work:
        waiting = [peers.find(work.session, peer) for peer in outbox.peers_with_post(work.session)]
    for row in waiting:
        show.line(f"Post for {row.node_id} still waits ({row.last_problem or 'not tried yet'}).")
    if not waiting:
        show.line("Nothing waits.")


def _limits(settings: NodeSettings) -> Limits:
    return Limits(
        body_bytes=settings.max_body_mebibytes << 20,
        body_seconds=settings.body_seconds,
        per_minute_of_a_peer=settings.requests_per_minute_of_a_peer,
        per_minute_of_an_address=settings.requests_per_minute_of_an_address,
        at_once_of_a_peer=settings.requests_at_once_of_a_peer,
        at_once=settings.requests_at_once,
    )


def _worker(call: Invocation) -> Worker:
    return Worker(call.node, call.transport, interval=call.settings.delivery_interval_seconds, broken=_end)


def _end() -> None:
    """End this process, so that whoever watches over it sees that the worker broke, and starts it again."""
    os.kill(os.getpid(), signal.SIGTERM)


def _require_statement(call: Invocation) -> None:
    if not federation.own_statements(call.node):
        raise Misconfigured(
            "this node has no statement yet", next_step=f"`{call.service.name} init` was broken off: call it again."
        )


def _listen(settings: NodeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.listen_host else socket.AF_INET
    try:
        return socket.create_server((settings.listen_host, settings.listen_port), family=family, backlog=256)
    except OSError as fault:
        why = (fault.strerror or "").partition(" (")[0]
        raise Misconfigured(
            f"cannot listen at {settings.listen_host} port {settings.listen_port}: {why}",
            field="listen_port",
            next_step="Stop what listens there, or choose another listen_host or listen_port in the settings.",
        ) from None


def _page(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/api"


def _beside(worker: Worker, *, ready: str) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Start the worker with the server, and end it in time."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        worker.start()
        show.bare(f"ready {ready}")
        try:
            yield
        finally:
            await run_in_threadpool(worker.stop)

    return lifespan
