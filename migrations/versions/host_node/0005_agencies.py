"""Cases of the several agencies of one host."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "host_0005"
down_revision = "host_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a case belong to an agency."""
    op.add_column("case_file", sa.Column("agency", sa.Text, nullable=True))


def downgrade() -> None:
    """Forget whose cases they are."""
    with op.batch_alter_table("case_file") as batch:
        batch.drop_column("agency")
