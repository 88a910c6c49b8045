"""One database, and the transactions in it.

**What a transaction has read is still so when it writes**, on both databases. Rules that look before they act (is a
referral open, is this step legal, what is the next place in the stream) rest on that.

    SQLite       `BEGIN IMMEDIATE`: one transaction writes at a time
    PostgreSQL   advisory locks that end with the transaction; whoever waits for longer than 15 seconds is refused
        write()          alone in the whole database: what people do
        write(lane=peer) alone among those of this peer, beside other lanes: what is brought and taken

A reading transaction waits for nobody and sees one moment.

A **lease** is held by one courier at a time, over several transactions and the network. On PostgreSQL it is a lock of
a connection of its own and ends with it: whoever dies holds nothing. On SQLite it is known in this process alone.

The **bell** wakes whoever brings the post, once a transaction that rang is committed and never before: in this process
at once and saying for whom, on PostgreSQL in every other that listens as well (`relevo.storage.listening`). It may be
missed: whoever brings looks by itself as well.

SQLite runs in WAL mode with `synchronous=FULL`, so that what was answered to a peer is on the disk. Errors of the
database are told without the values that were to be written, which may be personal.
"""

from __future__ import annotations

import hashlib
import secrets
import select
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from sqlite3 import SQLITE_FULL
from sqlite3 import Connection as SqliteConnection
from typing import Any

import psycopg
from psycopg.errors import DiskFull, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from relevo.storage import json_text
from relevo.storage.appending import AppendingSession, alter
from relevo.storage.bell import Bell
from relevo.storage.numbering import number

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON", "secure_delete=ON")
_WRITERS = 0x72656C65766F
"""The number of the advisory lock of all that write, alone or in lanes: `relevo` in ASCII."""
_LANE, _LEASE = "lane", "lease"
BELL = "relevo_post"
"""The channel of PostgreSQL's NOTIFY that wakes those who bring the post of this database's node."""
_RUNG = "rung"
UNKEEPABLE = (DataError, OverflowError)
"""What is raised for a value that a database cannot keep: by PostgreSQL, and by Python's SQLite before it asks."""
_ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ"
_SETTINGS = "SET lock_timeout = '15s'; SET jit = off"
"""Of every connection to PostgreSQL. What a node asks for is a few rows of many, and not worth to be compiled first."""
_BY_INDEX = "SET LOCAL enable_seqscan = off"
"""Tables grow faster than PostgreSQL counts them: of what is brought and taken it would plan to look through all of a
table that was small when it was last counted."""
LANES = 256
"""Of so many lanes it is kept how their transactions begin."""
_MANY = -1
"""As many connections as there are threads that ask; who waits for one would wait for a lock as well."""
_ALIKE: dict[str, Any] = {
    "hide_parameters": True,
    "max_overflow": _MANY,
    "pool_use_lifo": True,
    "json_serializer": json_text.write,
    "json_deserializer": json_text.read,
}


class Database:
    """An address such as `sqlite:////var/lib/relevo/node.db` or `postgresql+psycopg://…`, opened."""

    def __init__(self, address: str) -> None:
        self.engine = _engine(address)
        self._leased: set[str] = set()
        self._leasing = threading.Lock()
        self.bell = Bell()
        self.name = secrets.token_hex(8)
        """By which this process knows its own ring when it hears it again."""
        self._notify = text(f"NOTIFY {BELL}, '{self.name}'")

    @contextmanager
    def write(self, lane: str | None = None) -> Iterator[Session]:
        """A transaction that may write; committed at the end of the block, or undone as a whole.

        Args:
            lane: whose rows alone it writes, so that it need not wait for other lanes; None for anybody's.
        """
        with self._begun("BEGIN IMMEDIATE" if self._is_sqlite else _writing(lane)) as session:
            with session.begin():
                yield session
                if session.info.get(_RUNG) and self.is_shared:
                    alter(session, self._notify)
            if session.info.get(_RUNG):
                self.bell.ring(session.info[_RUNG])

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; whatever it writes is undone."""
        with self._begun("BEGIN" if self._is_sqlite else _ONE_MOMENT) as session:
            try:
                yield session
            finally:
                _end_reading(session)

    @contextmanager
    def _begun(self, statements: str) -> Iterator[Session]:
        """A session in a transaction that has begun, past all that SQLAlchemy makes for statements."""
        with self.engine.connect() as connection:
            (_begin_sqlite if self._is_sqlite else _begin_postgresql)(connection, statements)
            with AppendingSession(connection, expire_on_commit=False) as session:
                yield session

    @contextmanager
    def look(self) -> Iterator[Session]:
        """For questions that each see a moment of their own: on PostgreSQL they cost no transaction."""
        if not self.is_shared:
            with self.read() as session:
                yield session
            return
        with self.engine.connect() as connection:
            while _is_ended(connection):
                connection.invalidate()
            with AppendingSession(connection, expire_on_commit=False) as session:
                yield session

    @contextmanager
    def lease(self, name: str) -> Iterator[bool]:
        """Whether the lease of that name is ours until the end of the block; False if somebody holds it."""
        with self._known_here(name) as ours:
            if not self.is_shared or not ours:
                yield ours
                return
            with self.engine.connect() as connection:
                key = _lock(_LEASE, name)
                got = _begin_postgresql(connection, f"SELECT pg_try_advisory_lock({key})").get_value(0, 0) == b"t"
                try:
                    yield got
                finally:
                    if got:
                        _done(connection, f"SELECT pg_advisory_unlock({key})")

    @contextmanager
    def _known_here(self, name: str) -> Iterator[bool]:
        with self._leasing:
            ours = name not in self._leased
            self._leased.add(name)
        try:
            yield ours
        finally:
            if ours:
                self._leased.discard(name)

    def settle(self) -> None:
        """Write SQLite's journal back and empty it: until then it may hold what was erased since. Elsewhere nothing."""
        if self._is_sqlite:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def is_shared(self) -> bool:
        """Whether any number of processes may serve it at once: PostgreSQL, not SQLite."""
        return not self._is_sqlite

    @property
    def _is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def ring(session: Session, peer: str) -> None:
    """Wake whoever brings the post to `peer`, once this transaction is committed."""
    session.info.setdefault(_RUNG, set()).add(peer)


def hush(session: Session, peer: str) -> None:
    """Wake nobody for `peer` after all."""
    session.info.get(_RUNG, set()).discard(peer)


def is_full(error: DBAPIError) -> bool:
    """Whether a database refused to write because its disk, or what it may use of it, is full.

    SQLite then undoes the whole transaction at once, so that going back to a savepoint fails as well: what came before
    an error counts too.
    """
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, DiskFull) or getattr(found, "sqlite_errorcode", None) == SQLITE_FULL:
            return True
        found = found.__cause__ or found.__context__
    return False


def _engine(address: str) -> Engine:
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        url = url.set(drivername="postgresql+psycopg")
        each_by_itself = {"autocommit": True}
        engine = create_engine(url, connect_args=each_by_itself, **_ALIKE)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(url, **_ALIKE)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_postgresql(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(_SETTINGS)
    cursor.close()


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, SqliteConnection):
        raise TypeError("not SQLite")
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection, statement: str) -> None:
    driver = connection.connection.driver_connection
    if not isinstance(driver, SqliteConnection):
        raise TypeError("not SQLite")
    try:
        driver.execute(statement)
    except sqlite3.OperationalError as error:
        raise OperationalError(statement, None, error) from error


def _begin_postgresql(connection: Connection, statements: str) -> PGresult:
    """Begin in one trip; on a new connection, if the database went away since the last time. What the last says."""
    while (done := _done(connection, statements)) is None:
        connection.invalidate()
    return done


def _is_ended(connection: Connection) -> bool:
    """Whether the server has ended a connection: to one that asks nothing it says nothing else."""
    driver, said = connection.connection.driver_connection, select.poll()
    if not isinstance(driver, psycopg.Connection) or driver.closed:
        return True
    said.register(driver.pgconn.socket, select.POLLIN)
    return bool(said.poll(0))


def _done(connection: Connection, statements: str) -> PGresult | None:
    """What the last of these statements says; None if the server is gone.

    Raises:
        OperationalError: if a lock was not to be had in time.
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("not psycopg")
    done = None if driver.closed else driver.pgconn.exec_(statements.encode())
    if done is not None and done.status == ExecStatus.FATAL_ERROR and not driver.closed:
        refused = error_from_result(done)
        raise OperationalError(statements, None, refused) from refused
    return None if driver.closed else done


@lru_cache(LANES)
def _writing(lane: str | None) -> str:
    begin = f"BEGIN; SELECT pg_advisory_xact_lock{'' if lane is None else '_shared'}"
    alone = "" if lane is None else f"; SELECT pg_advisory_xact_lock({_lock(_LANE, lane)}); {_BY_INDEX}"
    return f"{begin}({_WRITERS}){alone}"


def _end_reading(session: Session) -> None:
    """End a reading transaction unknown to psycopg, which forgets what it prepared whenever it rolls back."""
    connection = session.get_bind()
    if not isinstance(connection, Connection) or connection.invalidated:
        return
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection) and driver.info.transaction_status is TransactionStatus.INTRANS:
        driver.pgconn.exec_(b"ROLLBACK")


def _lock(kind: str, name: str) -> int:
    """The number of the lock of a name: 63 bits, so that none is negative."""
    return int.from_bytes(hashlib.sha256(f"relevo-{kind}/{name}".encode()).digest()[:8], "big") >> 1


event.listen(AppendingSession, "before_flush", number)
