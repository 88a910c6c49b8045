"""An executor without threads: what is submitted is done before `submit` returns, so that it is always the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError

from relevo.errors import RelevoError

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Inline(Executor):
    """Does everything in the thread that asks; what nobody foresaw is raised there."""

    def submit(self, fn: Callable[Given, Found], /, *args: Given.args, **kwargs: Given.kwargs) -> Future[Found]:
        """See `Executor`."""
        future = Future[Found]()
        try:
            future.set_result(fn(*args, **kwargs))
        except (RelevoError, OperationalError) as fault:
            future.set_exception(fault)
        return future
