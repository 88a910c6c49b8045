"""Rows of one table as tuples, bound as SQLite stores them: what a statement is made of is found out once a table.

SQLAlchemy would look each value's type up for each row. A moment that stands in many rows is written out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Column, ColumnDefault, Dialect, FromClause, Table, insert

from relevo.storage.base import Moment

Bind: TypeAlias = Callable[[Any], Any]


class Place(NamedTuple):
    """A place of a statement: whose value stands there, what stands there without one, and how it is written."""

    name: str
    default: object
    bind: Bind | None


@lru_cache(maxsize=256)
def inserting(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[Place, ...]]:
    """A statement that inserts the columns `names`, and those that have defaults; and its places."""
    compiled = insert(table).compile(dialect=dialect, column_keys=names)
    given = defaults(table)
    places = ((table.c[name], given.get(name)) for name in compiled.positiontup or ())
    return compiled.string, tuple(_place(column, default, dialect) for column, default in places)


def written(rows: Sequence[Mapping[str, Any]], places: Sequence[Place]) -> list[tuple[Any, ...]]:
    """Rows as tuples."""
    return list(zip(*(_column(rows, place) for place in places), strict=True))


def _column(rows: Sequence[Mapping[str, Any]], place: Place) -> Iterable[Any]:
    """What stands at one place of the statement, row by row."""
    name, default, bind = place
    values = [row.get(name, default) for row in rows]
    return values if bind is None else map(bind, values)


def defaults(table: FromClause) -> Mapping[str, object]:
    """What stands in the columns of a table that have a default, if nothing is given."""
    found = ((column.name, column.default) for column in table.c)
    return {name: said.arg for name, said in found if isinstance(said, ColumnDefault) and said.is_scalar}


def _place(column: Column[Any], default: object, dialect: Dialect) -> Place:
    bind: Bind | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if bind is not None and isinstance(column.type, Moment):
        bind = lru_cache(maxsize=64)(bind)
    return Place(column.name, default, bind)
