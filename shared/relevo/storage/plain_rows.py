"""Rows of one table as tuples, bound as SQLite stores them: what a statement is made of is found out once a table.

SQLAlchemy would look each value's type up for each row. A moment that stands in many rows is written out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Column, ColumnDefault, Dialect, Table, insert

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
    return compiled.string, tuple(_place(table.c[name], dialect) for name in compiled.positiontup or ())


def written(rows: Sequence[Mapping[str, Any]], places: Sequence[Place]) -> list[tuple[Any, ...]]:
    """Rows as tuples."""
    return list(zip(*(_column(rows, place) for place in places), strict=True))


def _column(rows: Sequence[Mapping[str, Any]], place: Place) -> Iterable[Any]:
    """What stands at one place of the statement, row by row."""
    name, default, bind = place
    values = [row.get(name, default) for row in rows]
    return values if bind is None else map(bind, values)


def _place(column: Column[Any], dialect: Dialect) -> Place:
    default = column.default.arg if isinstance(column.default, ColumnDefault) and column.default.is_scalar else None
    bind: Bind | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if bind is not None and isinstance(column.type, Moment):
        bind = lru_cache(maxsize=64)(bind)
    return Place(column.name, default, bind)
