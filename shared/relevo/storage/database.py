"""One database, and the transactions in it.

SQLite loses updates silently when a transaction reads before it locks; so every writing transaction there begins
with `BEGIN IMMEDIATE`, in WAL mode and with `synchronous=FULL`, so that what was answered to a peer is on the disk.
A reading transaction never waits for a writing one. Errors of the database are told without the
values that were to be written, which may be personal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON", "secure_delete=ON")


class Database:
    """An address such as `sqlite:////var/lib/relevo/node.db` or `postgresql+psycopg://…`, opened."""

    def __init__(self, address: str) -> None:
        self.engine = _engine(address)
        self._immediate = self.engine.execution_options(immediate=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may write; committed at the end of the block, or undone as a whole."""
        with Session(self._immediate, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; whatever it writes is undone."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _engine(address: str) -> Engine:
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, SqliteConnection):
        raise TypeError("not SQLite")
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
