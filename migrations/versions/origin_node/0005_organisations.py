"""Partner organisations, the history of assignments, and which messages a given part was made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "origin_0005"
down_revision = "origin_0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = ("because", "cost", "currency")


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("services", JSON, nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("area", JSON, nullable=False),
        sa.Column("places", JSON, nullable=False),
        sa.Column("budget", sa.Text, nullable=True),
        sa.Column("currency", sa.String(40), nullable=True),
        sa.Column("spent", sa.Text, nullable=False),
        sa.Column("languages", JSON, nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("checked_on", sa.Date, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
    )
    op.create_table(
        "assignment_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("on_behalf", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_assignment_event"),
    )
    op.create_index("ix_assignment_event_peer_thread", "assignment_event", ["peer", "thread"])
    op.add_column("assignment", sa.Column("because", sa.Text, nullable=True))
    op.add_column("assignment", sa.Column("cost", sa.Text, nullable=True))
    op.add_column("assignment", sa.Column("currency", sa.String(40), nullable=True))
    op.add_column("given", sa.Column("sources", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("given") as batch:
        batch.alter_column("sources", existing_type=JSON, server_default=None)


def downgrade() -> None:
    """Drop them, with everything in them."""
    with op.batch_alter_table("given") as batch:
        batch.drop_column("sources")
    with op.batch_alter_table("assignment") as batch:
        for name in ADDED:
            batch.drop_column(name)
    op.drop_table("assignment_event")
    op.drop_table("organisation")
