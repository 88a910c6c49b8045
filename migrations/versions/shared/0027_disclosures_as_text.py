"""Disclosures stand as an SD-JWT joins them (`a~b~c`), and no longer as JSON that is read and written for each message.

None of them has a quotation mark, a bracket, a comma or a tilde: they are base64url. What stood as JSON's null, because
a message was refused or erased, is nothing now.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0027"
down_revision = "shared_0025"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLES = {"outbox": False, "inbox": True}
"""By table, whether a message there may have none."""
PARTS = sa.literal_column("disclosures", sa.Text)
TRIMMED = sa.func.trim(sa.func.nullif(PARTS, "null"), '[]"')
JOINED = sa.func.replace(sa.func.replace(TRIMMED, '", "', "~"), '","', "~")
AS_JSON = sa.case((PARTS == "", "[]"), else_='["' + sa.func.replace(PARTS, "~", '","') + '"]')
USING_TEXT = """replace(trim('[]"' FROM nullif(disclosures::text, 'null')), '", "', '~')"""
USING_JSON = """(CASE disclosures WHEN '' THEN '[]' ELSE '["' || replace(disclosures, '~', '","') || '"]' END)::jsonb"""


def upgrade() -> None:
    """Join them."""
    for table in TABLES:
        _alter(table, sa.Text(), USING_TEXT)
        if _is_sqlite():
            _write(table, JOINED)


def downgrade() -> None:
    """Write them as JSON."""
    for table in TABLES:
        if _is_sqlite():
            _write(table, AS_JSON)
        _alter(table, JSON, USING_JSON)


def _is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _write(table: str, value: sa.ColumnElement[str]) -> None:
    op.execute(sa.table(table, sa.column("disclosures")).update().values(disclosures=value))


def _alter(table: str, to: sa.Text | sa.JSON[Any], using: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.alter_column("disclosures", type_=to, existing_nullable=TABLES[table], postgresql_using=using)
    if not _is_sqlite():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN disclosures SET STORAGE EXTERNAL")
