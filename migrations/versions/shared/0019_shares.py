"""How much each peer has brought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0019"
down_revision = "shared_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns, and count what is kept already."""
    with op.batch_alter_table("peer") as peer:
        peer.add_column(sa.Column("brought_on", sa.Date, nullable=True))
        peer.add_column(sa.Column("brought", sa.Integer, nullable=False, server_default="0"))
        peer.add_column(sa.Column("kept_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(
        "UPDATE peer SET kept_bytes = coalesce((SELECT sum(length(manifest) + length(coalesce(content, ''))"
        " + length(receipt) + length(coalesce(CAST(disclosures AS TEXT), ''))) FROM inbox"
        " WHERE inbox.peer = peer.node_id), 0)"
    )
    with op.batch_alter_table("peer") as peer:
        peer.alter_column("brought", server_default=None)
        peer.alter_column("kept_bytes", server_default=None)


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("peer") as peer:
        peer.drop_column("kept_bytes")
        peer.drop_column("brought")
        peer.drop_column("brought_on")
