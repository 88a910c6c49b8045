"""Who looked at personal data, and the costs that were proposed, agreed and reported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0010"
down_revision = "shared_0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "access",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("who", sa.String(40), nullable=True),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("organisation", sa.Text, nullable=True),
        sa.Column("classes", JSON, nullable=False),
        sa.Column("why", sa.String(40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=True),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access"),
        sa.UniqueConstraint("subject", "number", name="uq_access_subject_number"),
    )
    op.create_table(
        "costs",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("side", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("replaces", sa.String(64), nullable=True),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("proofs", JSON, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("agreed_at", MOMENT, nullable=True),
        sa.Column("agreed_by", sa.Text, nullable=True),
        sa.Column("agreed_in", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("peer", "jti", name="pk_costs"),
    )
    op.create_index("ix_costs_peer_thread", "costs", ["peer", "thread"])


def downgrade() -> None:
    """Drop both tables, with everything in them."""
    op.drop_table("costs")
    op.drop_table("access")
