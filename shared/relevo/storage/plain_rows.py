"""Values as the driver takes them: what a statement is made of is found out once, and not for each row.

SQLAlchemy would look each value's type up for each row. A moment that stands in many rows is written out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

from sqlalchemy import BindParameter, ClauseElement, ColumnDefault, Dialect, Executable, FromClause, Insert, Table
from sqlalchemy.sql.compiler import SQLCompiler

from relevo.storage.base import Moment

Bind: TypeAlias = Callable[[Any], Any]


class Place(NamedTuple):
    """A place of a statement: whose value stands there, what stands there without one, and how it is written."""

    name: str
    default: object
    bind: Bind | None


@lru_cache(maxsize=256)
def compiled(what: Table | Executable, names: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[Place, ...]]:
    """A statement and its places in order; of a table, one that inserts the columns `names` and those with defaults."""
    statement = what.insert() if isinstance(what, Table) else cast("ClauseElement", what)
    found = cast("SQLCompiler", statement.compile(dialect=dialect, column_keys=names or None))
    defaults = _defaults(statement.table) if isinstance(statement, Insert) else {}
    places = tuple(found.positiontup or found.bind_names.values())
    return found.string, tuple(_place(name, found.binds[name], defaults, dialect) for name in places)


def written(rows: Sequence[Mapping[str, Any]], places: Sequence[Place]) -> list[tuple[Any, ...]]:
    """Rows as tuples; a statement without places is executed for each row all the same."""
    return list(zip(*(_column(rows, place) for place in places), strict=True)) if places else [()] * len(rows)


def _column(rows: Sequence[Mapping[str, Any]], place: Place) -> Iterable[Any]:
    """What stands at one place of the statement, row by row."""
    name, default, bind = place
    values = [row.get(name, default) for row in rows]
    return values if bind is None else map(bind, values)


def _defaults(table: FromClause) -> Mapping[str, object]:
    """What stands in the columns of a table that have a default, if nothing is given."""
    found = ((column.name, column.default) for column in table.c)
    return {name: said.arg for name, said in found if isinstance(said, ColumnDefault) and said.is_scalar}


def _place(name: str, value: BindParameter[Any], defaults: Mapping[str, object], dialect: Dialect) -> Place:
    bind: Bind | None = value.type.dialect_impl(dialect).bind_processor(dialect)
    if bind is not None and isinstance(value.type, Moment):
        bind = lru_cache(maxsize=64)(bind)
    return Place(name, defaults.get(name, value.value), bind)
