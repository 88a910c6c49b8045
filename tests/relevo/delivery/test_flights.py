"""Several loads under way at once, and what keeps them apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier, Event

import pytest

from relevo.delivery.flights import Landed, fly

PATIENCE_SECONDS = 10
ONE = Landed(1, again=False)


@dataclass(frozen=True, kw_only=True)
class Load:
    """A load as far as a pass looks at it."""

    last: str
    threads: frozenset[str] = frozenset()
    alone: bool = False
    more: bool = True


@dataclass
class Post:
    """Loads that wait, and what was asked when the next was made."""

    waiting: list[Load]
    asked: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    def make(self, behind: str, busy: Collection[str]) -> Load | None:
        """The next one."""
        self.asked.append((behind, frozenset(busy)))
        return self.waiting.pop(0) if self.waiting else None


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Where loads are carried."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_each_load_begins_behind_the_last_until_there_is_none() -> None:
    post = Post([Load(last="a"), Load(last="b")])
    assert fly(post.make, lambda _load: ONE, at_once=1, threads=None).receipted == len("ab")
    assert post.asked == [("", frozenset()), ("a", frozenset()), ("b", frozenset())]


def test_two_loads_are_under_way_at_once_and_the_threads_of_the_first_stay_out_of_the_second(
    threads: ThreadPoolExecutor,
) -> None:
    both = Barrier(2)
    post = Post([Load(last="a", threads=frozenset({"one"})), Load(last="b", threads=frozenset({"two"}))])

    def carry(_load: Load) -> Landed:
        both.wait(PATIENCE_SECONDS)
        return ONE

    assert fly(post.make, carry, at_once=2, threads=threads).receipted == len(["a", "b"])
    assert post.asked[:2] == [("", frozenset()), ("a", frozenset({"one"}))]


def test_nothing_begins_while_something_that_goes_alone_is_under_way(threads: ThreadPoolExecutor) -> None:
    under_way, most = list[str](), list[int]()
    post = Post([Load(last="a", alone=True), Load(last="b", alone=True), Load(last="c", alone=True)])

    def carry(load: Load) -> Landed:
        under_way.append(load.last)
        most.append(len(under_way))
        under_way.remove(load.last)
        return ONE

    assert fly(post.make, carry, at_once=3, threads=threads).receipted == len("abc")
    assert [busy for _, busy in post.asked] == [frozenset()] * 4
    assert most == [1, 1, 1]


def test_after_a_load_that_could_not_be_brought_no_other_begins() -> None:
    post = Post([Load(last="a"), Load(last="b"), Load(last="c")])
    found = iter([ONE, None])
    assert fly(post.make, lambda _load: next(found), at_once=1, threads=None) == ONE
    assert [load.last for load in post.waiting] == ["c"]


def test_a_load_of_which_nothing_was_receipted_keeps_no_other_back() -> None:
    post = Post([Load(last="a"), Load(last="b")])
    nothing = Landed(0, again=False)
    assert fly(post.make, lambda load: nothing if load.last == "a" else ONE, at_once=1, threads=None) == ONE


def test_behind_the_last_load_nothing_is_asked_for_and_what_was_passed_over_is_told() -> None:
    post = Post([Load(last="a", more=False), Load(last="b")])
    assert fly(post.make, lambda _load: Landed(1, again=True), at_once=2, threads=None) == Landed(1, again=True)
    assert post.asked == [("", frozenset())]


def test_where_all_that_waits_belongs_to_what_is_under_way_it_is_passed_through_once_more(
    threads: ThreadPoolExecutor,
) -> None:
    post, asked_again = Post([Load(last="a", threads=frozenset({"one"}))]), Event()

    def make(behind: str, busy: Collection[str]) -> Load | None:
        if busy:
            asked_again.set()
        return post.make(behind, busy)

    def carry(_load: Load) -> Landed:
        assert asked_again.wait(PATIENCE_SECONDS)
        return ONE

    assert fly(make, carry, at_once=2, threads=threads) == Landed(1, again=True)
    assert fly(Post([]).make, carry, at_once=2, threads=threads) == Landed(0, again=False)


def test_a_fault_that_nobody_foresaw_is_raised_after_the_others_came_to_their_end(threads: ThreadPoolExecutor) -> None:
    both, ended = Barrier(2), list[str]()
    post = Post([Load(last="a"), Load(last="b")])

    def carry(load: Load) -> Landed:
        both.wait(PATIENCE_SECONDS)
        if load.last == "a":
            raise LookupError(load.last)
        ended.append(load.last)
        return ONE

    with pytest.raises(LookupError):
        fly(post.make, carry, at_once=2, threads=threads)
    assert ended == ["b"]
