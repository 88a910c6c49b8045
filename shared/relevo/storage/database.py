"""One database, and the transactions in it.

**One transaction writes at a time**, on both databases: what it has read is still so when it writes. Rules that look
before they act (is a referral open, is this step legal, what is the next place in the stream) rest on that. On SQLite
it begins with `BEGIN IMMEDIATE`, on PostgreSQL with an advisory lock that ends with it; whoever waits for longer than
15 seconds is refused and may try again. A reading transaction waits for nobody and sees one moment.

SQLite runs in WAL mode with `synchronous=FULL`, so that what was answered to a peer is on the disk. Errors of the
database are told without the values that were to be written, which may be personal.
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
_WRITERS = 0x72656C65766F
"""The number of the advisory lock that PostgreSQL gives to one writing transaction at a time: `relevo` in ASCII."""
_ONE_MOMENT = "REPEATABLE READ"
_MANY = -1
"""As many connections as there are threads that ask; who waits for one would wait for a lock as well."""


class Database:
    """An address such as `sqlite:////var/lib/relevo/node.db` or `postgresql+psycopg://…`, opened."""

    def __init__(self, address: str) -> None:
        self.engine = _engine(address)
        self._writing = self.engine.execution_options(immediate=True)
        self._reading = self.engine if self._is_sqlite else self.engine.execution_options(isolation_level=_ONE_MOMENT)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may write; committed at the end of the block, or undone as a whole."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; whatever it writes is undone."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    def settle(self) -> None:
        """Write SQLite's journal back and empty it: until then it may hold what was erased since. Elsewhere nothing."""
        if self._is_sqlite:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def _is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _engine(address: str) -> Engine:
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, max_overflow=_MANY)
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    engine = create_engine(url, hide_parameters=True, max_overflow=_MANY)
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
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if _writes(connection):
        connection.exec_driver_sql("SET LOCAL lock_timeout = '15s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("immediate", False))
