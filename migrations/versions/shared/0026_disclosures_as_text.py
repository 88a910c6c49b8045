"""On PostgreSQL disclosures stand as an SD-JWT joins them (`a~b~c`): as JSON they were parsed and written each time.

None of them has a quotation mark, a bracket, a comma or a tilde: they are base64url. What stood as JSON's null, because
a message was refused or erased, is nothing now, on SQLite as well.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0026"
down_revision = "shared_0025"
branch_labels = None
depends_on = None

TABLES = ("outbox", "inbox")
AS_TEXT = """replace(trim('[]"' FROM nullif(disclosures::text, 'null')), '", "', '~')"""
AS_JSON = """(CASE disclosures WHEN '' THEN '[]' ELSE '["' || replace(disclosures, '~', '","') || '"]' END)::jsonb"""


def upgrade() -> None:
    """Join them."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("UPDATE inbox SET disclosures = NULL WHERE disclosures = 'null'")
    else:
        _alter(sa.Text(), AS_TEXT)


def downgrade() -> None:
    """Write them as JSON."""
    if op.get_context().dialect.name != "sqlite":
        _alter(postgresql.JSONB(), AS_JSON)


def _alter(to: sa.Text | postgresql.JSONB[Any], using: str) -> None:
    for table in TABLES:
        op.alter_column(table, "disclosures", type_=to, postgresql_using=using)
        op.execute(f"ALTER TABLE {table} ALTER COLUMN disclosures SET STORAGE EXTERNAL")
