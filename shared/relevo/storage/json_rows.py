"""Rows of one table as one JSON array, which costs PostgreSQL and its client half of what a row at a time does.

A NUL, which PostgreSQL cannot keep, is found before it is asked: it would tell what stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from json import JSONEncoder
from typing import Any

from sqlalchemy import Insert, Table, Text, bindparam, column, func, insert, select, sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DataError


@lru_cache(maxsize=256)
def inserting(table: Table, names: tuple[str, ...]) -> Insert:
    """Inserts the columns `names` of the rows that its value `rows` holds, in their order, as `written` writes them."""
    columns = [column(name, table.c[name].type) for name in names]
    rows = func.json_to_recordset(sql.cast(bindparam("rows", type_=Text), postgresql.JSON)).table_valued(*columns)
    return insert(table).from_select(names, select(rows.render_derived(with_types=True)))


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


_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_ROWS = JSONEncoder(default=_as_text, check_circular=False, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
