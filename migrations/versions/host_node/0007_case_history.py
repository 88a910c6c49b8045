"""What a case said before it was corrected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "host_0007"
down_revision = "host_0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "case_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("case", sa.String(64), nullable=False),
        sa.Column("data_class", sa.String(40), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_history"),
    )
    op.create_index("ix_case_history_case", "case_history", ["case"])


def downgrade() -> None:
    """Drop the table, with everything in it."""
    op.drop_table("case_history")
