"""Places of a peer's stream at which nothing will come, and when we asked for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0020"
down_revision = "shared_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("peer_stand", sa.Column("empty", json, nullable=True))
    op.add_column("peer_stand", sa.Column("gaps_asked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("peer_stand") as table:
        table.drop_column("gaps_asked_at")
        table.drop_column("empty")
