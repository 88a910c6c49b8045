"""How much of a node's time somebody may take: so many requests a minute, and so many at once.

Counted in the memory of one process: the limit guards that process's time, and a limit in the database would make every
refused request a write. Where several processes serve a node, each takes so much. Each key has a bucket of tokens that
fills evenly and holds those of ten seconds, at least ten. At most `MAX_KEYS` buckets are kept; the one that was asked
longest ago goes first.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from relevo.errors import WireError

MAX_KEYS = 10_000
_BURST_SECONDS, _LEAST_BURST = 10, 10


class RateExceeded(WireError):
    """More requests came than this node takes from one sender."""

    code = "rate-exceeded"
    advice = "Wait for the seconds in Retry-After; the messages can be sent again as they are."

    def __init__(self, detail: str = "", *, seconds: int = 1) -> None:
        self.seconds = seconds
        super().__init__(detail)


class Busy(WireError):
    """This node is busy with other requests."""

    code = "busy"
    advice = "Try again in a moment; the messages can be sent again as they are."
    seconds = 1


class Stopping(WireError):
    """This node is stopping: it finishes what is under way and takes nothing new."""

    code = "stopping"
    advice = "Try again in a moment, when it runs again; the messages can be sent again as they are."
    seconds = 5


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one process takes; each is a setting, explained in deploy/."""

    body_bytes: int = 8 << 20
    body_seconds: float = 60.0
    per_minute_of_a_peer: int = 600
    per_minute_of_an_address: int = 600
    at_once_of_a_peer: int = 4
    at_once: int = 24


class Rates:
    """A bucket of tokens for each key. Safe to use from several threads."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._burst = max(_LEAST_BURST, self._per_second * _BURST_SECONDS)
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Take one token.

        Raises:
            RateExceeded: if there is none; it says after how many seconds there will be one.
        """
        with self._lock:
            tokens = self._tokens(key) - 1
            if tokens < 0:
                raise RateExceeded(seconds=max(1, ceil(-tokens / self._per_second)))
            self._buckets[key] = (tokens, self._now())
            self._buckets.move_to_end(key)
            if len(self._buckets) > MAX_KEYS:
                self._buckets.popitem(last=False)

    def _tokens(self, key: str) -> float:
        kept = self._buckets.get(key)
        if kept is None:
            return self._burst
        tokens, at = kept
        return min(self._burst, tokens + (self._now() - at) * self._per_second)


class Admission:
    """Lets in what a registered peer brings, after its signature held and before anything else is done.

    One request of envelopes has its `turn` at a time; two in one process would only take the interpreter from each
    other.
    """

    def __init__(self, limits: Limits) -> None:
        self._rates = Rates(limits.per_minute_of_a_peer)
        self._at_once = limits.at_once_of_a_peer
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.turn = threading.Lock()

    @contextmanager
    def of(self, peer: str) -> Iterator[None]:
        """One request of `peer`, as long as the block lasts.

        Raises:
            RateExceeded, Busy: if it must wait.
        """
        self._rates.take(peer)
        with self._lock:
            if self._under_way[peer] >= self._at_once:
                raise Busy
            self._under_way[peer] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[peer] -= 1


class Gate:
    """The limits of one process, and what it has counted.

    `under_way` are the requests of peers and strangers that are being worked on, `inside` those of everybody. Once
    `stopping` is set nobody else is let in.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.admission = Admission(limits)
        self.addresses = Rates(limits.per_minute_of_an_address)
        self.under_way = 0
        self.inside = 0
        self.stopping = False
