"""Heads of logs that peers cosigned, ours and theirs, and alarms about logs that contradict themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0016"
down_revision = "shared_0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "witnessed",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("cosigned_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("peer", name="pk_witnessed"),
    )
    op.create_table(
        "witness",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("problem", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("peer", name="pk_witness"),
    )
    op.create_table(
        "cosignature",
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("cosigned_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("size", "peer", name="pk_cosignature"),
    )
    op.create_table(
        "log_alarm",
        sa.Column("id", ID, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("known", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("seen_by", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_log_alarm"),
    )


def downgrade() -> None:
    """Drop the four tables, with everything in them."""
    for table in ("log_alarm", "cosignature", "witness", "witnessed"):
        op.drop_table(table)
