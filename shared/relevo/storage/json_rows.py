"""Rows of one table as one JSON array, which costs PostgreSQL and its client half of what a row at a time does.

Long texts are cheaper a row at a time after all, because PostgreSQL reads them twice more as JSON.

A NUL, which PostgreSQL cannot keep, is found before it is asked: it would tell what stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from json import JSONEncoder
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    Insert,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    column,
    func,
    insert,
    select,
    sql,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DataError
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

LONG = 2000
"""More characters and bytes than this in a row are long."""


def is_long(row: Mapping[str, Any]) -> bool:
    """Whether the texts of a row are long."""
    return sum(len(value) for value in row.values() if isinstance(value, str | bytes)) > LONG


@lru_cache(maxsize=256)
def inserting(table: Table, names: tuple[str, ...]) -> Insert:
    """Inserts the columns `names` of the rows that its value `rows` holds, in their order, as `written` writes them."""
    rows = _table([column(name, table.c[name].type) for name in names])
    return insert(table).from_select(names, select(rows))


@lru_cache(maxsize=256)
def changing(statement: Update) -> Update:
    """Does for all rows that its value `rows` holds what `statement` does for one: its values are their columns."""
    binds = statement.compile().binds.items()
    rows = _table([column(name, bind.type) for name, bind in binds if bind.required])

    def in_row(element: ExternallyTraversible, **_options: object) -> ColumnElement[Any] | None:
        return rows.c[element.key] if isinstance(element, BindParameter) and element.required else None

    return cast("Update", replacement_traverse(statement, {}, in_row))


def written(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as JSON.

    Raises:
        DataError: if a text has a NUL.
        TypeError, ValueError: for what no table keeps, and for a moment without a zone.
    """
    text = _ROWS.encode(rows)
    if "\\u0000" in text and _NUL.search(text):
        raise DataError(None, None, ValueError("a text with a NUL"))
    return text


def _as_text(value: object) -> str:
    """What JSON has no form for, as PostgreSQL reads it."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a moment without a zone")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not kept in a table")


def _table(columns: Sequence[ColumnClause[Any]]) -> TableValuedAlias:
    rows = func.jsonb_to_recordset(sql.cast(bindparam("rows", type_=Text), postgresql.JSONB)).table_valued(*columns)
    return rows.render_derived(with_types=True)


_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_ROWS = JSONEncoder(default=_as_text, check_circular=False, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
