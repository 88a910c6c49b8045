"""Rows that a transaction only adds and does not look at again, written with one statement for each table.

`append` keeps them beside the session. They are in the database before the session asks it for anything, before a
savepoint begins, and before the transaction ends, so no question ever misses one; a savepoint that is undone takes
those with it that were added since. The mapper would make an object of each, compare its columns and, where the
database numbers rows, insert one at a time: ten times the work for a row that nobody holds. Where the database numbers
them, they get their numbers in the order in which they were added.

PostgreSQL gets the rows of a table as one JSON array, which costs both sides half of what a row at a time does. A NUL,
which it cannot keep, is found here: PostgreSQL would tell what stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from json import JSONEncoder
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    CursorResult,
    Executable,
    Insert,
    Table,
    Text,
    bindparam,
    column,
    event,
    func,
    insert,
    select,
    sql,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DataError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, SessionTransaction

_WAITING = "relevo.appending"
Values: TypeAlias = Mapping[str, Any]
"""Values by the name of their `bindparam`."""
Answer: TypeAlias = CursorResult[*tuple[Any, ...]]
_Waiting: TypeAlias = dict[type[DeclarativeBase], list[dict[str, Any]]]


class AppendingSession(Session):
    """A session in which rows may wait."""

    def begin_nested(self) -> SessionTransaction:
        """See `Session`; what waits was added before the savepoint."""
        _write(self)
        return super().begin_nested()


def append(session: Session, table: type[DeclarativeBase], **values: object) -> None:
    """Add a row; of one table every row in a transaction has the same columns."""
    waiting: _Waiting = session.info.setdefault(_WAITING, {})
    waiting.setdefault(table, []).append(values)


def ask(session: Session, statement: Executable, values: Values | Sequence[Values] = MappingProxyType({})) -> Answer:
    """Ask or change tables with a statement that was built once, as a constant, with a `bindparam` for each value.

    To build a statement anew and pass it through the mapper costs five times as much as to execute it. Rows come as
    columns. Objects of the session are written before, and learn nothing of what the statement changes. A sequence of
    values executes it for each of them.
    """
    _write(session)
    session.flush()
    return session.connection().execute(statement, values)


def _write(session: Session) -> None:
    waiting: _Waiting = session.info.pop(_WAITING, {})
    for mapped, rows in waiting.items():
        table, connection = cast("Table", mapped.__table__), session.connection()
        if connection.dialect.name == "sqlite":
            connection.execute(insert(table), rows)
        else:
            connection.execute(_from_json(table, tuple(rows[0])), {"rows": _as_json(rows)})


@lru_cache(maxsize=256)
def _from_json(table: Table, names: tuple[str, ...]) -> Insert:
    columns = [column(name, table.c[name].type) for name in names]
    rows = func.json_to_recordset(sql.cast(bindparam("rows", type_=Text), postgresql.JSON)).table_valued(*columns)
    return insert(table).from_select(names, select(rows.render_derived(with_types=True)))


def _as_json(rows: list[dict[str, Any]]) -> str:
    written = _ROWS.encode(rows)
    if "\\u0000" in written and _NUL.search(written):
        raise DataError(None, None, ValueError("a text with a NUL"))
    return written


def _as_text(value: object) -> str:
    """What JSON has no form for, as PostgreSQL reads it.

    Raises:
        TypeError: if it is none of these.
        ValueError: for a moment without a zone.
    """
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a moment without a zone")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not kept in a table")


_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_ROWS = JSONEncoder(default=_as_text, check_circular=False, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _before_question(asked: ORMExecuteState) -> None:
    _write(asked.session)


def _forget(session: Session, _undone: SessionTransaction) -> None:
    session.info.pop(_WAITING, None)


event.listen(AppendingSession, "do_orm_execute", _before_question)
event.listen(AppendingSession, "before_commit", _write)
event.listen(AppendingSession, "after_soft_rollback", _forget)
