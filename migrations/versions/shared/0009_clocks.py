"""The day on which a medicine runs out, and the facts from which the clocks of a step are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0009"
down_revision = "shared_0008"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add both columns."""
    op.add_column("referral", sa.Column("supply_ends", sa.Date, nullable=True))
    op.add_column("step", sa.Column("facts", JSON, nullable=True))


def downgrade() -> None:
    """Drop them, with what is in them."""
    with op.batch_alter_table("step") as batch:
        batch.drop_column("facts")
    with op.batch_alter_table("referral") as batch:
        batch.drop_column("supply_ends")
