"""What stays of a file as evidence: that it was brought, and the receipt for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0018"
down_revision = "shared_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "file_trace",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("direction", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("peer", "thread", "direction", "digest", name="pk_file_trace"),
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("file_trace")
