"""Referral without consent: the grounds that people raise, and referrals that no consent stands behind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "host_0002"
down_revision = "host_0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table; let a referral have no consent."""
    with op.batch_alter_table("case_referral") as batch:
        batch.alter_column("consent", existing_type=sa.String(64), nullable=True)
    op.create_table(
        "exception_ground",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("case", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("raised_by", sa.Text, nullable=False),
        sa.Column("attestation", JSON, nullable=True),
        sa.Column("on_duty", sa.Boolean, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String(40), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("decision", sa.String(40), nullable=True),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("reviewed_by", sa.String(40), nullable=True),
        sa.Column("thread", sa.String(64), nullable=True),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("told_by", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_exception_ground"),
        sa.UniqueConstraint("thread", name="uq_exception_ground_thread"),
    )
    op.create_index("ix_exception_ground_case", "exception_ground", ["case"])


def downgrade() -> None:
    """Drop the table, with everything in it, and the link of a case to its referrals without consent."""
    op.drop_table("exception_ground")
    op.execute("DELETE FROM case_referral WHERE consent IS NULL")
    with op.batch_alter_table("case_referral") as batch:
        batch.alter_column("consent", existing_type=sa.String(64), nullable=False)
