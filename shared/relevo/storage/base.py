"""Column types that mean the same on SQLite and on PostgreSQL, and the two kinds of declarative base.

Moments are stored in UTC and come back with their zone. JSON is text on SQLite and JSONB on PostgreSQL, but
for the disclosures of a message.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

from relevo.protocol.strict_json import JsonValue

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """A moment with its zone, stored in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse moments without a zone; hand the rest over in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give SQLite's bare times their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Disclosures(TypeDecorator[list[str]]):
    """Disclosures, on PostgreSQL as text: as an SD-JWT joins them (RFC 9901, section 4), but for the last tilde.

    On SQLite they are JSON, which is text there as well.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSON on SQLite."""
        as_json = JSON(none_as_null=True)
        return dialect.type_descriptor(as_json) if _is_sqlite(dialect) else super().load_dialect_impl(dialect)

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> list[str] | str | None:
        """Join them."""
        return value if value is None or _is_sqlite(dialect) else TILDE.join(value)

    def process_result_value(self, value: list[str] | str | None, dialect: Dialect) -> list[str] | None:  # noqa: ARG002
        """Take them apart; of an empty text there are none."""
        return (value.split(TILDE) if value else []) if isinstance(value, str) else value


def _is_sqlite(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"


TILDE = "~"
JsonColumn = JSON().with_variant(postgresql.JSONB(), "postgresql")
BigId = BigInteger().with_variant(Integer(), "sqlite")

COLUMN_TYPES: dict[Any, Any] = {
    datetime: Moment(),
    date: Date(),
    dict[str, JsonValue]: JsonColumn,
    list[str]: JsonColumn,
    list[JsonValue]: JsonColumn,
    bytes: LargeBinary(),
    str: Text(),
}


class SharedBase(DeclarativeBase):
    """The base of the tables that every node has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = COLUMN_TYPES


Word = String(40)
"""A word of one of our closed lists, or the name of a node."""
Digest = String(64)
"""A digest, key identifier or UUID as text."""
