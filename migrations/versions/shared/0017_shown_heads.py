"""When a head of the log was first shown: not before it stands outside the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0017"
down_revision = "shared_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the moment; what was signed until now was shown."""
    op.add_column("checkpoint", sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE checkpoint SET shown_at = signed_at")


def downgrade() -> None:
    """Take it away again."""
    op.drop_column("checkpoint", "shown_at")
