"""Users who work for an organisation behind the node."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0005"
down_revision = "shared_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a user belong to an organisation."""
    op.add_column("user_account", sa.Column("organisation", sa.Text, nullable=True))


def downgrade() -> None:
    """Forget whom users work for."""
    with op.batch_alter_table("user_account") as batch:
        batch.drop_column("organisation")
