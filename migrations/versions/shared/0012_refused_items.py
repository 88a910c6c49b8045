"""What was refused, and by how much a peer's clock differs from ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0012"
down_revision = "shared_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "refused_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("peer", sa.String(40), nullable=True),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refused_item"),
    )
    op.create_index("ix_refused_item_day_peer", "refused_item", ["day", "peer"])
    with op.batch_alter_table("peer") as peer:
        peer.add_column(sa.Column("skew_seconds", sa.Integer, nullable=True))


def downgrade() -> None:
    """Drop both, with everything in them."""
    with op.batch_alter_table("peer") as peer:
        peer.drop_column("skew_seconds")
    op.drop_table("refused_item")
