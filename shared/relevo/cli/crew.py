"""Several processes of one node, watched over by the one that was started.

Each job runs in a process of its own, forked before anything is opened. One that ends unbidden is replaced, a second
after it began at the earliest. SIGTERM and Ctrl-C ask all of them to end, and each finishes what is under way. If the
process that watches dies, they end too: no process stays behind that nobody watches.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import TypeAlias

import structlog

from relevo.errors import RelevoError

EVENTS = structlog.get_logger("relevo.crew")
LEAST_SECONDS = 1.0
"""How long after its beginning a process is replaced at the earliest."""
_BEGUN, _END = b"b", b"e"
ENDING = (signal.SIGTERM, signal.SIGINT)

Job: TypeAlias = Callable[[Callable[[], None]], None]
"""What a process does until it is sent SIGTERM; it calls what it is given once it has begun."""


class Crew:
    """Runs jobs by name, each in a process of its own."""

    def __init__(self, jobs: Mapping[str, Job], *, ready: Callable[[], None], ending: Callable[[], None]) -> None:
        self._jobs = jobs
        self._ready, self._ending = ready, ending
        self._news, self._tell = os.pipe()
        self._living, self._life = os.pipe()
        self._running: dict[str, BaseProcess] = {}
        self._began: dict[str, float] = {}

    def watch(self) -> None:
        """Run everything until this process is asked to end.

        `ready` is called once as many have begun as there are jobs, `ending` before they are asked to end.
        """
        with _asked_by(lambda: os.write(self._tell, _END)):
            for name in self._jobs:
                self._start(name)
            begun = 0
            while (news := self._next()) != _END:
                begun += news == _BEGUN
                if news == _BEGUN and begun == len(self._jobs):
                    self._ready()
            self._ending()
            for process in self._running.values():
                process.terminate()
            for process in self._running.values():
                process.join()

    def _next(self) -> bytes:
        """What happened next; whoever ended meanwhile is replaced."""
        ends = {process.sentinel: name for name, process in self._running.items()}
        happened = connection.wait([self._news, *ends])
        for end in happened:
            if isinstance(end, int) and end in ends:
                self._replace(ends[end])
        return os.read(self._news, 1) if self._news in happened else b""

    def _replace(self, name: str) -> None:
        process = self._running.pop(name)
        process.join()
        EVENTS.error("a process ended and is replaced", job=name, status=process.exitcode)
        time.sleep(max(0, self._began[name] + LEAST_SECONDS - time.monotonic()))
        self._start(name)

    def _start(self, name: str) -> None:
        process = get_context("fork").Process(target=self._run, args=(self._jobs[name],), name=name)
        self._began[name] = time.monotonic()
        process.start()
        self._running[name] = process

    def _run(self, job: Job) -> None:
        os.close(self._life)
        for one in ENDING:
            signal.signal(one, signal.SIG_DFL)
        threading.Thread(target=self._end_with_us, daemon=True, name="relevo-crew").start()
        try:
            job(lambda: _told(self._tell))
        except RelevoError as fault:
            EVENTS.error("a process could not work", code=fault.code, detail=fault.detail)
            raise SystemExit(1) from None

    def _end_with_us(self) -> None:
        os.read(self._living, 1)
        os.kill(os.getpid(), signal.SIGTERM)


def _told(tell: int) -> None:
    os.write(tell, _BEGUN)


@contextmanager
def _asked_by(tell: Callable[[], object]) -> Iterator[None]:
    """While the block lasts, call `tell` when this process is asked to end."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        tell()

    before = {one: signal.signal(one, asked) for one in ENDING}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
