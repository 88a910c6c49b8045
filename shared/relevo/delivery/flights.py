"""Several loads under way to one peer: while one is at the peer, the next is made, and the one before is settled.

A pass goes once through what waits, oldest first. What belongs to one referral is never in two loads at once, so its
order holds; if nothing else waits, it is passed through once more when they have landed. What a node says as itself
goes alone, because what follows may rest on it. After the first load that could not be brought no other is begun, and
those that are under way come to their end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import NamedTuple, Protocol, TypeVar


class Landed(NamedTuple):
    """How many messages of a load were receipted, and whether what waits is to be passed through once more."""

    receipted: int
    again: bool


class Flown(Protocol):
    """What a pass asks of a load."""

    @property
    def threads(self) -> frozenset[str]:
        """The threads of its messages."""
        ...

    @property
    def last(self) -> str:
        """The jti behind which the next load begins."""
        ...

    @property
    def alone(self) -> bool:
        """Whether no other load begins while this one is under way."""
        ...

    @property
    def more(self) -> bool:
        """Whether there may be another load behind it."""
        ...


Load = TypeVar("Load", bound=Flown)


def fly(
    make: Callable[[str, Collection[str]], Load | None],
    carry: Callable[[Load], Landed | None],
    *,
    at_once: int,
    threads: Executor | None,
) -> Landed:
    """One pass; what all its loads together came to.

    Args:
        make: makes the next load of messages behind a jti, without those of some threads; None if there is none.
        carry: brings a load and settles it; None if it could not be brought.
        at_once: how many loads may be under way.
        threads: where they are carried but for the last, which is carried here; None to carry each here.
    """
    flying: dict[Future[Landed | None], Load] = {}
    behind, more, passed, landed = "", True, False, list[Landed]()
    try:
        while more or flying:
            if more and len(flying) < at_once and not any(one.alone for one in flying.values()):
                load = make(behind, {thread for one in flying.values() for thread in one.threads})
                more = load is not None and load.more
                passed = passed or (load is None and bool(flying))
                if load is not None:
                    behind = load.last
                    flying[_begun(carry, load, threads if more else None)] = load
                continue
            for ended in wait(flying, return_when=FIRST_COMPLETED).done:
                del flying[ended]
                came = ended.result()
                more = more and came is not None
                landed += [] if came is None else [came]
    finally:
        wait(flying)
    return Landed(sum(one.receipted for one in landed), passed or any(one.again for one in landed))


def _begun(carry: Callable[[Load], Landed | None], load: Load, threads: Executor | None) -> Future[Landed | None]:
    if threads is not None:
        return threads.submit(carry, load)
    done = Future[Landed | None]()
    done.set_result(carry(load))
    return done
