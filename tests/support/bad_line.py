"""A line of our own before a node: it passes bytes on, late, cut off in the middle, or not at all.

Each connection has a fate, drawn anew: it passes, it waits, it is cut after some bytes in either direction, or it is
reset at once. While the line is `calm` everything passes.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from contextlib import closing, suppress

WHOLE = 1 << 40
LONGEST_WAIT_SECONDS = 0.5
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER for no time: what is closed is reset."""


class BadLine:
    """Listens at `port` and passes to another port of the loopback address."""

    def __init__(self, to: int, seed: int) -> None:
        self._to = to
        self._source = random.Random(seed)  # noqa: S311 - which connection fails is to be repeated
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.calm = True
        self.failed = 0
        threading.Thread(target=self._serve, name="bad-line", daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._door.accept()
                threading.Thread(target=self._pass, args=(here, *self._draw()), daemon=True).start()

    def _draw(self) -> tuple[float, int, int]:
        """How long to wait, and how many bytes of the request and of the answer pass."""
        draw = self._source.random()
        if self.calm or draw < 0.5:
            return 0, WHOLE, WHOLE
        self.failed += 1
        if draw < 0.6:
            return self._source.random() * LONGEST_WAIT_SECONDS, WHOLE, WHOLE
        if draw < 0.75:
            return 0, self._source.randrange(4000), WHOLE
        return 0, WHOLE, self._source.randrange(4000) if draw < 0.95 else 0

    def _pass(self, here: socket.socket, wait: float, request: int, answer: int) -> None:
        time.sleep(wait)
        with closing(here), suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as there:
            back = threading.Thread(target=_copy, args=(there, here, answer), daemon=True)
            back.start()
            _copy(here, there, request)
            back.join()


def _copy(source: socket.socket, target: socket.socket, room: int) -> None:
    """Copy until the end, or until so many bytes have passed; then reset both sides."""
    with suppress(OSError):
        while block := source.recv(1 << 16):
            target.sendall(block[:room])
            room -= len(block)
            if room < 0:
                for side in (source, target):
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    side.shutdown(socket.SHUT_RDWR)
                return
        target.shutdown(socket.SHUT_WR)
