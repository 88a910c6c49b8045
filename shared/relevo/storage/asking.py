"""Questions that were built once, asked of the driver itself.

SQLAlchemy finds out once what a question looks like, how its values are written and how each column is read. To pass
each execution through it costs five times what SQLite takes to answer, and as much as psycopg and PostgreSQL together.
Errors are its own, as everywhere else, and so is what follows from a connection that ended.
"""

from __future__ import annotations

import collections
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import starmap
from typing import Any, NamedTuple, TypeAlias, cast

import psycopg
from sqlalchemy import CompoundSelect, Connection, Dialect, Executable, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from relevo.storage import plain_rows
from relevo.storage.plain_rows import Place

Values: TypeAlias = Mapping[str, Any]
"""Values by the name of their `bindparam`."""
Row: TypeAlias = Any
"""A tuple whose values have the names of their columns."""
_Select: TypeAlias = Select[Any] | CompoundSelect[Any]
_NAMED: Callable[..., Callable[..., Row]] = collections.namedtuple  # noqa: PYI024 - its names are found out here
MOST_KEPT = 1024
"""Of so many questions, on each database, it is kept how they are asked; no node has as many."""


class Answer(list[Row]):
    """Rows in order."""

    def all(self) -> Answer:
        """All of them."""
        return self

    def first(self) -> Row | None:
        """The first, if there is one."""
        return self[0] if self else None

    def one(self) -> Row:
        """The only one; raises ValueError if there are none or more."""
        (row,) = self
        return row

    def scalars(self) -> Answer:
        """The first value of each."""
        return Answer(row[0] for row in self)

    def scalar(self) -> Row | None:
        """The first value of the first, if there is one."""
        return self[0][0] if self else None

    def scalar_one(self) -> Row:
        """The first value of the only one."""
        return self.one()[0]


class _Question(NamedTuple):
    """A question as a driver takes it; `needed` are the values without which it says nothing."""

    statement: str
    places: tuple[Place, ...]
    names: tuple[str, ...]
    needed: frozenset[str]
    read: Callable[[list[tuple[Any, ...]]], Answer]


def answer(connection: Connection, statement: Executable, values: Values) -> Answer:
    """What the database answers now, in the transaction of the connection if there is one.

    Raises:
        DBAPIError: what SQLAlchemy raises for the same question.
        KeyError: if a value is missing.
    """
    question = _question(statement, connection.dialect) if isinstance(statement, Select | CompoundSelect) else None
    if question is None:
        found = connection.execute(statement, values)
        return Answer(found) if found.returns_rows else Answer()
    if missing := question.needed - values.keys():
        raise KeyError(*missing)
    return question.read(_fetched(connection, question, values))


def _fetched(connection: Connection, question: _Question, values: Values) -> list[tuple[Any, ...]]:
    driver = connection.connection.driver_connection
    written = [_written(place, values) for place in question.places]
    with refusals_of(connection, question.statement):
        if isinstance(driver, sqlite3.Connection):
            return driver.execute(question.statement, written).fetchall()
        named = dict(zip(question.names, written, strict=True))
        return cast("psycopg.Connection", driver).execute(question.statement, named).fetchall()


def _written(place: Place, values: Values) -> object:
    value = values.get(place.name, place.default)
    return value if place.bind is None else place.bind(value)


@contextmanager
def refusals_of(connection: Connection, statement: str) -> Iterator[None]:
    """Tell what a driver refuses as SQLAlchemy does, without the values, and give up a connection that ended.

    Raises:
        DBAPIError: for each error of the driver, the class that is like it.
    """
    try:
        yield
    except (sqlite3.Error, psycopg.Error) as error:
        raise _told(connection, statement, error) from error


def _told(connection: Connection, statement: str, error: Exception) -> Exception:
    dialect, base = connection.dialect, sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
    ended = dialect.is_disconnect(cast("Any", error), connection.connection.dbapi_connection, None)
    if ended:
        connection.invalidate(error)
    return DBAPIError.instance(
        statement, None, error, base, hide_parameters=True, connection_invalidated=ended, dialect=dialect
    )


@lru_cache(maxsize=MOST_KEPT)
def _question(statement: _Select, dialect: Dialect) -> _Question | None:
    """How a question is asked; None if its text depends on its values."""
    found = statement.compile(dialect=dialect)
    if not isinstance(found, SQLCompiler) or found.post_compile_params or found.literal_execute_params:
        return None
    text, places = plain_rows.compiled(statement, (), dialect)
    names = tuple(place.name for place in places)
    needed = frozenset(name for name in names if found.binds[name].required)
    return _Question(text, places, names, needed, _reader(statement, dialect))


def _reader(statement: _Select, dialect: Dialect) -> Callable[[list[tuple[Any, ...]]], Answer]:
    columns = statement.selected_columns
    row = _NAMED("Row", columns.keys(), rename=True)
    readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) or _as_it_is for column in columns]
    if all(reader is _as_it_is for reader in readers):
        return lambda rows: Answer(starmap(row, rows))
    return lambda rows: Answer(row(*(read(value) for read, value in zip(readers, one, strict=True))) for one in rows)


def _as_it_is(value: object) -> object:
    return value
