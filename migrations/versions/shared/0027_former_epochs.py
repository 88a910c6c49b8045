"""Up to which epoch of ours what a peer has of those before was compared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0027"
down_revision = "shared_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a stream that was restarted before is compared once."""
    with op.batch_alter_table("peer_stand") as table:
        table.add_column(sa.Column("compared_epoch", sa.Integer))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("peer_stand") as table:
        table.drop_column("compared_epoch")
