"""Statements of a peer under another root key wait for an administrator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0011"
down_revision = "shared_0010"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "peer_change",
        sa.Column("node_id", sa.String(40), nullable=False),
        sa.Column("tokens", JSON, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("node_id", name="pk_peer_change"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("peer_change")
