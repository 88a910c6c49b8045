"""Rows that a transaction only adds, or changes once, and does not look at again, written with one statement for all.

`append` and `alter` keep them beside the session. They are in the database before the session asks it for anything,
before a savepoint begins, and before the transaction ends, so no question ever misses one; a savepoint that is undone
takes those with it that were added since. The mapper would make an object of each, compare its columns and, where the
database numbers rows, insert one at a time: ten times the work for a row that nobody holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from sqlalchemy import CursorResult, Executable, Insert, Table, event, insert
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, SessionTransaction

_WAITING = "relevo.appending"
Values: TypeAlias = Mapping[str, Any]
"""Values by the name of their `bindparam`."""
Answer: TypeAlias = CursorResult[*tuple[Any, ...]]
_Waiting: TypeAlias = dict[Executable, list[dict[str, Any]]]


class AppendingSession(Session):
    """A session in which rows may wait."""

    def begin_nested(self) -> SessionTransaction:
        """See `Session`; what waits was added before the savepoint."""
        _write(self)
        return super().begin_nested()


def append(session: Session, table: type[DeclarativeBase], **values: object) -> None:
    """Add a row; of one table every row in a transaction has the same columns."""
    _wait(session, _inserting(table), values)


def alter(session: Session, statement: Executable, **values: object) -> None:
    """Change a row that was there before, with a statement that was built once; no object of the session holds it."""
    _wait(session, statement, values)


def ask(session: Session, statement: Executable, values: Values | Sequence[Values] = MappingProxyType({})) -> Answer:
    """Ask or change tables with a statement that was built once, as a constant, with a `bindparam` for each value.

    To build a statement anew and pass it through the mapper costs five times as much as to execute it. Rows come as
    columns. Objects of the session are written before, and learn nothing of what the statement changes. A sequence of
    values executes it for each of them.
    """
    _write(session)
    session.flush()
    return session.connection().execute(statement, values)


def _wait(session: Session, statement: Executable, values: dict[str, Any]) -> None:
    waiting: _Waiting = session.info.setdefault(_WAITING, {})
    waiting.setdefault(statement, []).append(values)


def _write(session: Session) -> None:
    waiting: _Waiting = session.info.pop(_WAITING, {})
    for statement, rows in waiting.items():
        session.connection().execute(statement, rows)


@cache
def _inserting(table: type[DeclarativeBase]) -> Insert:
    return insert(cast("Table", table.__table__))


def _before_question(asked: ORMExecuteState) -> None:
    _write(asked.session)


def _forget(session: Session, _undone: SessionTransaction) -> None:
    session.info.pop(_WAITING, None)


event.listen(AppendingSession, "do_orm_execute", _before_question)
event.listen(AppendingSession, "before_commit", _write)
event.listen(AppendingSession, "after_soft_rollback", _forget)
