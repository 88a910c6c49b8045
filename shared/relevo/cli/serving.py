"""Commands that let a node work: `serve` until it is told to stop, and `deliver` without a server.

    serve                    one process: the API, what peers bring, and the node's own post
    serve --workers 4        four that take requests at one door, and one for the post (PostgreSQL)
    serve --no-delivery      no post: `deliver --stay` brings it from another process or machine (PostgreSQL)
    deliver                  one turn of the post, now
    deliver --stay           turn by turn until it is told to stop; any number of them (PostgreSQL)

`serve` prints one line on standard output as soon as it takes requests, `deliver --stay` as soon as it brings, and
nothing more:

    ready http://127.0.0.1:8101/api
    ready

SIGTERM and Ctrl-C let requests and the worker's turn come to their end. On SQLite one process does everything; a second
one is refused, because what keeps several apart is known there in one process alone.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import Invocation, invocation
from relevo.cli.crew import ENDING, Crew, Job
from relevo.cli.server import take_requests
from relevo.config import NodeSettings
from relevo.delivery import federation, outbox
from relevo.delivery.outside import Outside
from relevo.delivery.worker import Worker
from relevo.errors import Misconfigured
from relevo.storage import peers
from relevo.storage.sole import sole

MOST_WORKERS = 64

Workers = Annotated[
    int, typer.Option(min=1, max=MOST_WORKERS, help="How many processes take requests; more than one on PostgreSQL.")
]
NoDelivery = Annotated[
    bool, typer.Option("--no-delivery", help="Take requests alone; `deliver --stay` brings the post (PostgreSQL).")
]
Stay = Annotated[bool, typer.Option("--stay", help="Go on turn by turn, until it is told to stop (PostgreSQL).")]


class ServedAlready(Misconfigured):
    """Another process serves this node, and on SQLite one process does everything."""

    code = "served-already"
    advice = "Stop the other process first, or put the node on PostgreSQL, where any number may work at once."


class OneProcessOnly(Misconfigured):
    """On SQLite one process does everything: it takes requests and brings the post."""

    code = "one-process-only"
    advice = "Call `serve` alone, or put the node on PostgreSQL, where any number of processes may work at once."


def serve(ctx: typer.Context, workers: Workers = 1, no_delivery: NoDelivery = False) -> None:  # noqa: FBT002 - a flag
    """Run the node: its API, what peers bring, and its own post, until it is stopped."""
    call = invocation(ctx)
    with _served(call, alone=workers == 1 and not no_delivery):
        door = _listen(call.settings)
        ready = partial(show.bare, f"ready {_page(door)}")
        if workers == 1:
            take_requests(call, door, worker=None if no_delivery else _worker(call, _end), begun=ready)
        else:
            _share(call, door, workers, delivery=not no_delivery, ready=ready)


def deliver(ctx: typer.Context, stay: Stay = False) -> None:  # noqa: FBT002 - a flag
    """Bring what waits to peers, without a server: once and now, or from now on."""
    call = invocation(ctx)
    if stay:
        with _served(call, alone=False):
            _bring_on(call, partial(show.bare, "ready"))
        return
    _require_statement(call)
    worker = _worker(call, _end)
    worker.begin()
    worker.turn()
    with call.node.read() as work:
        waiting = [peers.find(work.session, peer) for peer in outbox.peers_with_post(work.session)]
    for row in waiting:
        show.line(f"Post for {row.node_id} still waits ({row.last_problem or 'not tried yet'}).")
    if not waiting:
        show.line("Nothing waits.")


@contextmanager
def _served(call: Invocation, *, alone: bool) -> Iterator[None]:
    """Whatever must hold before this process works for others, and as long as it does; `alone` if it does everything.

    What was erased is erased again before anybody is served, should the database come from a backup.

    Raises:
        OneProcessOnly, ServedAlready: on SQLite, if it is not alone, or another process serves.
        Misconfigured: if the node was never finished.
    """
    database = call.node.database
    if not (alone or database.is_shared):
        raise OneProcessOnly
    with sole(database) as ours:
        if not ours:
            raise ServedAlready
        _require_statement(call)
        if call.node.outside is not None:
            Outside(call.node, call.node.outside).start()
        yield


def _share(call: Invocation, door: socket.socket, workers: int, *, delivery: bool, ready: Callable[[], None]) -> None:
    """Let several processes share the work; each opens everything anew."""
    call.close()
    taking = partial(take_requests, call, door, worker=None)
    jobs: dict[str, Job] = {f"requests-{number}": lambda begun: taking(begun=begun) for number in range(workers)}
    if delivery:
        jobs["post"] = partial(_bring_on, call)
    Crew(jobs, ready=ready, ending=door.close).watch()


def _bring_on(call: Invocation, begun: Callable[[], None]) -> None:
    """Bring the post until this process is asked to end.

    Raises:
        SystemExit: with status 1, if the worker broke; whoever watches over this process starts it again.
    """
    asked, broke = threading.Event(), threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    def broken() -> None:
        broke.set()
        asked.set()

    for one in ENDING:
        signal.signal(one, stop)
    worker = _worker(call, broken)
    worker.start()
    begun()
    asked.wait()
    worker.stop()
    if broke.is_set():
        raise SystemExit(1)


def _worker(call: Invocation, broken: Callable[[], None]) -> Worker:
    return Worker(call.node, call.transport, interval=call.settings.delivery_interval_seconds, broken=broken)


def _end() -> None:
    """End this process, so that whoever watches over it sees that the worker broke, and starts it again."""
    os.kill(os.getpid(), signal.SIGTERM)


def _require_statement(call: Invocation) -> None:
    if not federation.own_statements(call.node):
        raise Misconfigured(
            "this node has no statement yet", next_step=f"`{call.service.name} init` was broken off: call it again."
        )


def _listen(settings: NodeSettings) -> socket.socket:
    """The node's door. What is written there leaves at once: asyncio sees to it only at doors that it made itself.

    Without it the last part of an answer waits for 40 ms, until the other side has confirmed the part before it.
    """
    family = socket.AF_INET6 if ":" in settings.listen_host else socket.AF_INET
    try:
        door = socket.create_server((settings.listen_host, settings.listen_port), family=family, backlog=256)
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as fault:
        why = (fault.strerror or "").partition(" (")[0]
        raise Misconfigured(
            f"cannot listen at {settings.listen_host} port {settings.listen_port}: {why}",
            field="listen_port",
            next_step="Stop what listens there, or choose another listen_host or listen_port in the settings.",
        ) from None
    return door


def _page(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/api"
