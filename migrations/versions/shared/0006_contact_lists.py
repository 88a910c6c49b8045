"""Contact lists: who is reached at each node, in order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0006"
down_revision = "shared_0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "contact_list",
        sa.Column("node_id", sa.String(40), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("said", JSON, nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("node_id", "as_of", name="pk_contact_list"),
    )


def downgrade() -> None:
    """Drop it, with everybody in it."""
    op.drop_table("contact_list")
