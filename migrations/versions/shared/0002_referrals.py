"""Referrals as both sides know them: where each stands, its steps, and what is due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0002"
down_revision = "shared_0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _referral()
    _step()
    _duty()


def downgrade() -> None:
    """Drop them, with everything in them."""
    for table in ("duty", "step", "referral"):
        op.drop_table(table)


def _referral() -> None:
    op.create_table(
        "referral",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("journey", sa.String(40), nullable=False),
        sa.Column("urgency", sa.String(40), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("vulnerable", sa.Boolean, nullable=False),
        sa.Column("services", JSON, nullable=False),
        sa.Column("sop", sa.String(64), nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("basis_record", sa.LargeBinary, nullable=True),
        sa.Column("basis_salt", sa.LargeBinary, nullable=True),
        sa.Column("contact_channel", sa.String(40), nullable=True),
        sa.Column("own_last", sa.String(64), nullable=True),
        sa.Column("peer_last", sa.String(64), nullable=True),
        sa.Column("planned_arrival", MOMENT, nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("peer", "thread", name="pk_referral"),
    )
    op.create_index("ix_referral_status", "referral", ["status"])


def _step() -> None:
    op.create_table(
        "step",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("side", sa.String(40), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("jti", sa.String(64), nullable=True),
        sa.Column("said", JSON, nullable=False),
        sa.Column("status_after", sa.String(40), nullable=False),
        sa.Column("journey_after", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_step"),
    )
    op.create_index("ix_step_jti", "step", ["jti"])
    op.create_index("ix_step_peer_thread", "step", ["peer", "thread"])


def _duty() -> None:
    op.create_table(
        "duty",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("duty", sa.String(40), nullable=False),
        sa.Column("side", sa.String(40), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("dropped", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_duty"),
    )
    op.create_index("ix_duty_due_at", "duty", ["due_at"])
    op.create_index("ix_duty_peer_thread", "duty", ["peer", "thread"])
