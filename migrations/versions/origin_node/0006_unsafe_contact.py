"""Who said that it is safe again to try to reach a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "origin_0006"
down_revision = "origin_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let an unsafe attempt be cleared."""
    op.add_column("contact_attempt", sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contact_attempt", sa.Column("cleared_by", sa.String(40), nullable=True))


def downgrade() -> None:
    """Forget who cleared what."""
    with op.batch_alter_table("contact_attempt") as batch:
        batch.drop_column("cleared_by")
        batch.drop_column("cleared_at")
