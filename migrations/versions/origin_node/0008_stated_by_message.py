"""What the host stated stands in one row for each message, and no longer in one for each data class.

Nothing is lost either way: each class stands in one row alone. A row that names no message, as the first version of the
table allowed, keeps an empty name. PostgreSQL keeps the classes as they are, and does not try to compress them for each
message.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "origin_0008"
down_revision = "origin_0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TOGETHER = {
    "sqlite": """
        INSERT INTO stated (peer, thread, jti, classes, stated_at)
        SELECT peer, thread, coalesce(jti, ''), json_group_object(data_class, json(fields)), max(stated_at)
        FROM former GROUP BY peer, thread, jti
    """,
    "postgresql": """
        INSERT INTO stated (peer, thread, jti, classes, stated_at)
        SELECT peer, thread, coalesce(jti, ''), jsonb_object_agg(data_class, fields), max(stated_at)
        FROM former GROUP BY peer, thread, jti
    """,
}
APART = {
    "sqlite": """
        INSERT INTO stated (peer, thread, data_class, fields, jti, stated_at)
        SELECT peer, thread, one.key, one.value, nullif(jti, ''), stated_at
        FROM former, json_each(former.classes) AS one
    """,
    "postgresql": """
        INSERT INTO stated (peer, thread, data_class, fields, jti, stated_at)
        SELECT peer, thread, one.key, one.value, nullif(jti, ''), stated_at
        FROM former, jsonb_each(former.classes) AS one
    """,
}


def upgrade() -> None:
    """Bring the classes of each message together."""
    _set_aside()
    op.create_table(
        "stated",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("classes", JSON, nullable=False),
        sa.Column("stated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("peer", "thread", "jti", name="pk_stated"),
    )
    if op.get_context().dialect.name != "sqlite":
        op.execute("ALTER TABLE stated ALTER COLUMN classes SET STORAGE EXTERNAL")
    _bring_over(TOGETHER)


def downgrade() -> None:
    """Take them apart again."""
    _set_aside()
    op.create_table(
        "stated",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("data_class", sa.String(40), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("jti", sa.String(64), nullable=True),
        sa.Column("stated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("peer", "thread", "data_class", name="pk_stated"),
    )
    _bring_over(APART)


def _set_aside() -> None:
    op.rename_table("stated", "former")
    if op.get_context().dialect.name != "sqlite":
        op.execute("ALTER TABLE former RENAME CONSTRAINT pk_stated TO pk_former")


def _bring_over(statements: dict[str, str]) -> None:
    op.execute(statements[op.get_context().dialect.name])
    op.drop_table("former")
