"""The bell of one process: something waits for a peer, and whoever brings the post may bring it at once."""

from __future__ import annotations

import threading
from collections.abc import Collection


class Bell(threading.Event):
    """Set once something is queued; `answer` clears it.

    Who rings in this process says for whom, so that nobody has to look. Who sets it cannot say: another process rang,
    or nobody heard it for a while.
    """

    def __init__(self) -> None:
        super().__init__()
        self._naming = threading.Lock()
        self._peers: set[str] = set()
        self._unnamed = False

    def ring(self, peers: Collection[str]) -> None:
        """Set it for these peers."""
        with self._naming:
            self._peers.update(peers)
            super().set()

    def set(self) -> None:
        """Set it for whomever something waits."""
        with self._naming:
            self._unnamed = True
            super().set()

    def answer(self) -> Collection[str] | None:
        """Clear it; for whom it was rung since the last time, or None if that is to be looked up."""
        with self._naming:
            self.clear()
            peers, unnamed = self._peers, self._unnamed
            self._peers, self._unnamed = set(), False
            return None if unnamed else peers
