"""Rows of one table as one JSON array, which costs PostgreSQL and its client half of what a row at a time does.

Long texts are cheaper a row at a time after all, because PostgreSQL reads them twice more as JSON; and so is one row.

What PostgreSQL cannot keep, a NUL and NaN, is found before it is asked: it would tell what stands beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast

from psycopg.types.json import Jsonb
from pydantic_core import SchemaSerializer
from pydantic_core import core_schema as forms
from sqlalchemy import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    Insert,
    LargeBinary,
    Table,
    TableValuedAlias,
    Update,
    bindparam,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.exc import DataError
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from relevo.storage.base import TILDE, Disclosures, Moment

LONG = 2000
"""More characters and bytes than this in a row are long."""


class Whole(NamedTuple):
    """A statement that does all that is to be done for the rows that its value `rows` holds, and what writes those."""

    statement: Insert | Update
    writer: SchemaSerializer


def pays(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether rows cost less as one array: several that are short do.

    One alone goes so as well if it has JSON in it: what PostgreSQL cannot keep is found only here.
    """
    values = rows[0].values()
    is_long = sum(len(value) for value in values if isinstance(value, str | bytes)) > LONG
    return not is_long and (len(rows) > 1 or any(isinstance(value, dict | list) for value in values))


@lru_cache(maxsize=256)
def inserting(table: Table, names: tuple[str, ...]) -> Whole:
    """Inserts the columns `names` of rows, in their order."""
    columns = [column(name, table.c[name].type) for name in names]
    return Whole(insert(table).from_select(names, select(_table(columns))), _writer(columns))


@lru_cache(maxsize=256)
def changing(statement: Update) -> Whole:
    """Does for all rows what `statement` does for one: its values are their columns."""
    binds = statement.compile().binds.items()
    columns = [column(name, bind.type) for name, bind in binds if bind.required]
    rows = _table(columns)

    def in_row(element: ExternallyTraversible, **_options: object) -> ColumnElement[Any] | None:
        return rows.c[element.key] if isinstance(element, BindParameter) and element.required else None

    return Whole(cast("Update", replacement_traverse(statement, {}, in_row)), _writer(columns))


def written(rows: Sequence[Mapping[str, Any]], writer: SchemaSerializer) -> Jsonb:
    """Rows as JSON.

    Raises:
        DataError: if a text has a NUL.
        ValueError: for a moment without a zone, and for NaN and infinities.
    """
    text = writer.to_json(rows)
    if b"\\u0000" in text and _NUL.search(text):
        raise DataError(None, None, ValueError("a text with a NUL"))
    if b"NaN" in text or b"Infinity" in text:
        json.dumps(rows, default=str, allow_nan=False)
    return Jsonb(text, bytes)


def _table(columns: Sequence[ColumnClause[Any]]) -> TableValuedAlias:
    rows = func.jsonb_to_recordset(bindparam("rows")).table_valued(*columns)
    return rows.render_derived(with_types=True)


def _writer(columns: Sequence[ColumnClause[Any]]) -> SchemaSerializer:
    row = forms.typed_dict_schema({one.name: forms.typed_dict_field(_form(one)) for one in columns})
    return SchemaSerializer(forms.list_schema(row), {"ser_json_inf_nan": "constants"})


def _form(of: ColumnClause[Any]) -> forms.CoreSchema:
    """How the values of a column are written; most say it by themselves."""
    write = next((write for kind, write in _WRITERS.items() if isinstance(of.type, kind)), None)
    if write is None:
        return forms.any_schema()
    return forms.any_schema(
        serialization=forms.plain_serializer_function_ser_schema(write, when_used="json-unless-none")
    )


def _bytes(value: bytes) -> str:
    return f"\\x{value.hex()}"


@lru_cache(maxsize=64)
def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a moment without a zone")
    return value.isoformat()


_WRITERS: Mapping[type, Callable[[Any], str]] = {Moment: _moment, LargeBinary: _bytes, Disclosures: TILDE.join}
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
