"""Executables that answer nothing, executed together by the driver itself.

SQLAlchemy finds out once what a statement looks like and how its values are written. To PostgreSQL all go in one trip,
with the end of the transaction if they are the last: the server works on the first while the next are on their way.
After one that it refuses it does nothing more, and the refusal is told as that of any other statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

import psycopg
from sqlalchemy import Connection, Dialect, Executable, Table, Update

from relevo.storage import json_rows, plain_rows
from relevo.storage.asking import refusals_of

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Waiting: TypeAlias = Mapping[Table | Executable, Rows]
"""By table the rows that are added to it, by statement the values of its `bindparam`s."""


class Order(NamedTuple):
    """A statement, and its values each time that it is executed."""

    statement: str
    values: Sequence[Any]


def carry(connection: Connection, waiting: Waiting, *, ends: bool) -> None:
    """Execute these in order; the transaction `ends` with them, if it may: whoever commits it then finds it done."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        for what, rows in waiting.items():
            order = _on_sqlite(what, rows, connection.dialect)
            with refusals_of(connection, order.statement):
                driver.executemany(order.statement, order.values)
        return
    orders = [_on_postgresql(what, rows, connection.dialect) for what, rows in waiting.items()]
    orders += [Order("COMMIT", [{}])] if ends else []
    told = "; ".join(order.statement for order in orders)
    shared = cast("psycopg.Connection", driver)
    with refusals_of(connection, told), shared.pipeline(), shared.cursor() as cursor:
        for statement, values in orders:
            cursor.executemany(statement, values)


def _on_sqlite(what: Table | Executable, rows: Rows, dialect: Dialect) -> Order:
    statement, places = plain_rows.compiled(what, _columns(what, rows), dialect)
    return Order(statement, plain_rows.written(rows, places))


def _on_postgresql(what: Table | Executable, rows: Rows, dialect: Dialect) -> Order:
    names = _columns(what, rows)
    if isinstance(what, Table | Update) and json_rows.pays(rows):
        whole = json_rows.inserting(what, names) if isinstance(what, Table) else json_rows.changing(what)
        what, names, rows = whole.statement, (), [{"rows": json_rows.written(rows, whole.writer)}]
    statement, places = plain_rows.compiled(what, names, dialect)
    called = [place.name for place in places]
    return Order(statement, [dict(zip(called, row, strict=True)) for row in plain_rows.written(rows, places)])


def _columns(what: Table | Executable, rows: Rows) -> tuple[str, ...]:
    return tuple(rows[0]) if isinstance(what, Table) else ()
