"""How changes of a consent were taken here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "origin_0003"
down_revision = "origin_0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "consent_taken",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("change", sa.String(40), nullable=False),
        sa.Column("account", JSON, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent_taken"),
    )
    op.create_index("ix_consent_taken_peer_thread", "consent_taken", ["peer", "thread"])


def downgrade() -> None:
    """Drop the table, with everything in it."""
    op.drop_table("consent_taken")
