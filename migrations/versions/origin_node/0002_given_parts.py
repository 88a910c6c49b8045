"""What was given to organisations, and whether they erased it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "origin_0002"
down_revision = "origin_0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "given",
        sa.Column("id", ID, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("paths", JSON, nullable=False),
        sa.Column("presentation", sa.Text, nullable=True),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("given_by", sa.String(40), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("chased_at", MOMENT, nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("confirmed_by", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_given"),
    )
    op.create_index("ix_given_peer_thread", "given", ["peer", "thread"])


def downgrade() -> None:
    """Drop the table, with everything in it."""
    op.drop_table("given")
