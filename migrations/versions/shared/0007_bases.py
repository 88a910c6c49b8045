"""What a referral has rested on: the first terms of a consent and every change of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0007"
down_revision = "shared_0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table; a referral whose terms were never changed has no row in it."""
    op.create_table(
        "basis",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("side", sa.String(40), nullable=False),
        sa.Column("knew", JSON, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("peer", "thread", "jti", name="pk_basis"),
    )


def downgrade() -> None:
    """Drop the table; each referral keeps the terms that hold now."""
    op.drop_table("basis")
