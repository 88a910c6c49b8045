"""One process at a time serves an SQLite database; any number serve one of PostgreSQL.

What keeps several processes apart (leases, lanes, the bell) is known on SQLite in one process alone. So whoever serves
holds a lock on a file beside the database, `node.db-serving`, which ends with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from relevo.storage.database import Database


@contextmanager
def sole(database: Database) -> Iterator[bool]:
    """Whether this process may serve the database until the end of the block."""
    file = database.engine.url.database
    if database.is_shared or not file:
        yield True
        return
    handle = os.open(f"{file}-serving", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield _got(handle)
    finally:
        os.close(handle)


def _got(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
