"""The condition that a column is one of many values, which go to the driver as one: so a question stays the same text.

PostgreSQL takes an array, SQLite a text in JSON. Otherwise each number of values would be a question of its own, to be
written, and on PostgreSQL planned, anew.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, TypeDecorator, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

from relevo.protocol.strict_json import JsonValue
from relevo.storage import json_text


def among(column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], name: str) -> ColumnElement[bool]:
    """The condition that `column` is one of the texts that `name` stands for when it is asked."""
    return _Among(column, bindparam(name, type_=_Texts()))


class _Texts(TypeDecorator[Collection[str]]):
    """Many texts as one value."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An array where there are arrays."""
        is_shared = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.ARRAY(Text()) if is_shared else Text())

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> object:
        """A list, or a text that SQLite reads as one."""
        texts: list[JsonValue] = [*(value or ())]
        return texts if dialect.name == "postgresql" else json_text.write(texts)


class _Among(FunctionElement[Any]):
    """The condition as it stands: as a Boolean it would be compared with 1 on SQLite, which no index serves."""

    type = NullType()
    inherit_cache = True


@compiles(_Among, "postgresql")
def _array(element: _Among, compiler: SQLCompiler, **more: object) -> str:
    column, values = element.clauses
    return compiler.process(column == func.any(values), **more)


@compiles(_Among, "sqlite")
def _json(element: _Among, compiler: SQLCompiler, **more: object) -> str:
    column, values = element.clauses
    return compiler.process(column.in_(select(func.json_each(values).table_valued("value").c.value)), **more)
