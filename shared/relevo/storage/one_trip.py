"""Executables that answer nothing, executed together as the driver takes them.

SQLAlchemy finds out once what a statement looks like and how its values are written. To PostgreSQL all go in one trip,
with the end of the transaction if they are the last: the server works on the first while the next are on their way.
After one that it refuses it does nothing more, and the refusal is told as that of any other statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

import psycopg
from sqlalchemy import (
    BindParameter,
    ClauseElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    Insert,
    Table,
    Update,
    event,
)
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.sql.compiler import SQLCompiler

from relevo.storage import json_rows, plain_rows
from relevo.storage.plain_rows import Bind

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Waiting: TypeAlias = Mapping[Table | Executable, Rows]
"""By table the rows that are added to it, by statement the values of its `bindparam`s."""
_ORDERS = "relevo_orders"
_STATEMENTS = 256


class Order(NamedTuple):
    """A statement, and its values each time that it is executed."""

    statement: str
    values: Sequence[Any]


class Value(NamedTuple):
    """A value of a statement: its name, what stands there if none is given, and how it is written."""

    name: str
    default: object
    bind: Bind | None


def carry(connection: Connection, waiting: Waiting, *, ends: bool) -> None:
    """Execute these in order; the transaction `ends` with them, if it may: whoever commits it then finds it done."""
    if connection.dialect.name == "sqlite":
        for what, rows in waiting.items():
            connection.exec_driver_sql(*_on_sqlite(what, rows, connection.dialect))
        return
    orders = [_on_postgresql(what, rows, connection.dialect) for what, rows in waiting.items()]
    orders += [Order("COMMIT", [{}])] if ends else []
    told = "; ".join(order.statement for order in orders)
    connection.exec_driver_sql(told, execution_options={_ORDERS: orders})


def _on_sqlite(what: Table | Executable, rows: Rows, dialect: Dialect) -> Order:
    if isinstance(what, Table):
        statement, places = plain_rows.inserting(what, tuple(rows[0]), dialect)
        return Order(statement, plain_rows.written(rows, places))
    statement, values = _compiled(what, (), dialect)
    return Order(statement, [tuple([value for _, value in _written(row, values)]) for row in rows])


def _on_postgresql(what: Table | Executable, rows: Rows, dialect: Dialect) -> Order:
    names = tuple(rows[0]) if isinstance(what, Table) else ()
    if isinstance(what, Table | Update) and not json_rows.is_long(rows[0]):
        whole = json_rows.inserting(what, names) if isinstance(what, Table) else json_rows.changing(what)
        what, names, rows = whole.statement, (), [{"rows": json_rows.written(rows, whole.writer)}]
    statement, values = _compiled(what, names, dialect)
    return Order(statement, [dict(_written(row, values)) for row in rows])


def _written(row: Mapping[str, Any], values: Sequence[Value]) -> list[tuple[str, Any]]:
    given = [(name, row.get(name, default), bind) for name, default, bind in values]
    return [(name, value if bind is None else bind(value)) for name, value, bind in given]


@lru_cache(_STATEMENTS)
def _compiled(what: Table | Executable, names: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[Value, ...]]:
    """A statement and its values in order; of a table, one that inserts the columns `names`."""
    statement = what.insert() if isinstance(what, Table) else cast("ClauseElement", what)
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect, column_keys=names or None))
    defaults = plain_rows.defaults(statement.table) if isinstance(statement, Insert) else {}
    names = tuple(compiled.positiontup or compiled.bind_names.values())
    return compiled.string, tuple(_value(name, compiled.binds[name], defaults, dialect) for name in names)


def _value(name: str, place: BindParameter[Any], defaults: Mapping[str, object], dialect: Dialect) -> Value:
    bind: Bind | None = place.type.dialect_impl(dialect).bind_processor(dialect)
    return Value(name, defaults.get(name, place.value), bind)


def _send(cursor: object, _statement: str, _values: object, context: ExecutionContext) -> bool:
    """Whether these were orders, which are done now."""
    orders: Sequence[Order] | None = context.execution_options.get(_ORDERS)
    if orders is None or not isinstance(cursor, psycopg.Cursor):
        return False
    with cursor.connection.pipeline():
        for statement, values in orders:
            cursor.executemany(statement, values)
    return True


def prepare(engine: Engine) -> None:
    """Let connections of PostgreSQL carry."""
    event.listen(engine, "do_execute", _send)
