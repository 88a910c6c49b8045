"""Several loads under way to one peer: while one is at the peer, the next is made, and the one before is settled.

A pass goes once through what waits, oldest first. What belongs to one referral is never in two loads at once, so its
order holds; what a node says as itself goes alone, because what follows may rest on it. After the first load that could
not be brought no other is begun, and those that are under way come to their end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Protocol, TypeVar


class Flown(Protocol):
    """What a pass asks of a load: its messages' threads, the last of their jtis, and whether others wait."""

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
        """Whether another load is to be made."""
        ...


Load = TypeVar("Load", bound=Flown)


def fly(
    make: Callable[[str, Collection[str]], Load | None],
    carry: Callable[[Load], int | None],
    *,
    at_once: int,
    threads: Executor | None,
) -> int:
    """One pass.

    Args:
        make: makes the next load of messages behind a jti, without those of some threads; None if there is none.
        carry: brings a load and settles it; how many were receipted, or None if it could not be brought.
        at_once: how many loads may be under way.
        threads: where they are carried; None to carry each at once, here.

    Returns:
        How many messages were receipted.
    """
    flying: dict[Future[int | None], Load] = {}
    brought, behind, more = 0, "", True
    try:
        while more or flying:
            if more and len(flying) < at_once and not any(one.alone for one in flying.values()):
                load = make(behind, {thread for one in flying.values() for thread in one.threads})
                if load is not None:
                    behind = load.last
                    flying[_begun(carry, load, threads)] = load
                more = load is not None and load.more
                continue
            for ended in wait(flying, return_when=FIRST_COMPLETED).done:
                del flying[ended]
                receipted = ended.result()
                brought, more = brought + (receipted or 0), more and receipted is not None
    finally:
        wait(flying)
    return brought


def _begun(carry: Callable[[Load], int | None], load: Load, threads: Executor | None) -> Future[int | None]:
    if threads is not None:
        return threads.submit(carry, load)
    done = Future[int | None]()
    done.set_result(carry(load))
    return done
