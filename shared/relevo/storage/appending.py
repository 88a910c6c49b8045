"""Rows that a transaction only adds, or changes once, and does not look at again, written with one statement for all.

`append` and `alter` keep them beside the session. They are in the database before the session asks it for anything of
their tables, before a savepoint begins, and before the transaction ends, so no question ever misses one; a savepoint
that is undone takes those with it that were added since. The mapper would make an object of each, compare its columns
and, where the database numbers rows, insert one at a time: ten times the work for a row that nobody holds. Where the
database numbers them, they get their numbers in the order in which they were added.

`hold` does the same for a new object that rules may still change. If the session is asked for something first, it is
the mapper's from then on like any other; if the transaction ends first, it is written as it is then.
"""

from __future__ import annotations

from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from sqlalchemy import ClauseElement, Executable, FromClause, SelectBase, Table, event, inspect
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, SessionTransaction
from sqlalchemy.sql.visitors import iterate

from relevo.storage import asking, one_trip
from relevo.storage.asking import Answer, Values

_WAITING, _HELD = "relevo.appending", "relevo.appending.held"
_Waiting: TypeAlias = dict[Table | Executable, list[dict[str, Any]]]


class AppendingSession(Session):
    """A session in which rows may wait."""

    def begin_nested(self) -> SessionTransaction:
        """See `Session`; what waits was added before the savepoint."""
        _write(self)
        return super().begin_nested()


def append(session: Session, table: type[DeclarativeBase], **values: object) -> None:
    """Add a row; of one table every row in a transaction has the same columns."""
    _wait(session, cast("Table", table.__table__), values)


def alter(session: Session, statement: Executable, **values: object) -> None:
    """Change a row that was there before, with a statement that was built once; no object of the session holds it.

    With one statement each row is changed once.
    """
    _wait(session, statement, values)


def hold(session: Session, new: DeclarativeBase) -> None:
    """Add a new object, which may be changed until the transaction ends."""
    session.info.setdefault(_HELD, []).append(new)


def _finish(session: Session) -> None:
    """Write everything that waits; what is held changes no more, and the transaction is committed then."""
    held: list[DeclarativeBase] = session.info.pop(_HELD, [])
    for new in held:
        append(session, type(new), **{name: new.__dict__.get(name) for name in _written(type(new))})
    _write(session, ends=True)


def ask(session: Session, statement: Executable, values: Values = MappingProxyType({})) -> Answer:
    """Ask or change tables with a statement that was built once, as a constant, with a `bindparam` for each value.

    To build a statement anew and pass it through the mapper costs five times as much as to execute it. Rows come as
    columns. Objects of the session are written before, and learn nothing of what the statement changes. What waits goes
    on waiting if it is of other tables than the question.
    """
    if not isinstance(statement, SelectBase) or _waits_for(session, _tables(statement)):
        _write(session)
    session.flush()
    return asking.answer(session.connection(), statement, values)


def _wait(session: Session, what: Table | Executable, values: dict[str, Any]) -> None:
    waiting: _Waiting = session.info.setdefault(_WAITING, {})
    waiting.setdefault(what, []).append(values)


def _write(session: Session, *, ends: bool = False) -> None:
    session.add_all(session.info.pop(_HELD, ()))
    waiting: _Waiting = session.info.pop(_WAITING, {})
    if waiting:
        ends = ends and not (session.new or session.dirty or session.deleted)
        one_trip.carry(session.connection(), waiting, ends=ends)


def _waits_for(session: Session, tables: frozenset[str]) -> bool:
    """Whether anything waits that may be of one of these tables."""
    waiting: _Waiting = session.info.get(_WAITING, {})
    held: list[DeclarativeBase] = session.info.get(_HELD, [])
    return not all(map(tables.isdisjoint, map(_tables, (*waiting, *(new.__table__ for new in held)))))


@lru_cache(maxsize=256)
def _tables(what: FromClause | Executable) -> frozenset[str]:
    """The names of the tables that a statement is about."""
    return frozenset(part.name for part in iterate(cast("ClauseElement", what)) if isinstance(part, Table))


@cache
def _written(table: type[DeclarativeBase]) -> tuple[str, ...]:
    """The columns of a table that the database does not number by itself."""
    numbered = cast("Table", table.__table__).autoincrement_column
    return tuple(name for name, column in inspect(table).columns.items() if column is not numbered)


def _before_end(session: Session) -> None:
    if session.in_nested_transaction():
        _write(session)
    else:
        _finish(session)


def _before_question(asked: ORMExecuteState) -> None:
    _write(asked.session)


def _forget(session: Session, _undone: SessionTransaction) -> None:
    session.info.pop(_WAITING, None)
    session.info.pop(_HELD, None)


event.listen(AppendingSession, "do_orm_execute", _before_question)
event.listen(AppendingSession, "before_commit", _before_end)
event.listen(AppendingSession, "after_soft_rollback", _forget)
