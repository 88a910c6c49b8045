"""What only a host keeps: cases, consents, which case a referral is about, and what came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "host_0001"
down_revision = None
branch_labels = ("host_node",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _case_file()
    _consent()
    _case_referral()
    _returned()


def downgrade() -> None:
    """Drop them, with everything in them."""
    for table in ("returned", "case_referral", "consent", "case_file"):
        op.drop_table(table)


def _case_file() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("urgency", sa.String(40), nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("record", JSON, nullable=False),
        sa.Column("stays", JSON, nullable=False),
        sa.Column("drafts", JSON, nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.Column("imported_by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_file"),
        sa.UniqueConstraint("reference", name="uq_case_file_reference"),
    )


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("order", BIG_ID, nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("case", sa.String(64), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("receiver", sa.String(40), nullable=False),
        sa.Column("organisation", sa.Text, nullable=True),
        sa.Column("classes", JSON, nullable=False),
        sa.Column("withhold", JSON, nullable=False),
        sa.Column("outcomes_may_return", sa.Boolean, nullable=False),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.Column("interpreter", sa.Boolean, nullable=False),
        sa.Column("taken_on", sa.Date, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String(40), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("order", name="pk_consent"),
        sa.UniqueConstraint("id", name="uq_consent_id"),
    )
    op.create_index("ix_consent_case", "consent", ["case"])


def _case_referral() -> None:
    op.create_table(
        "case_referral",
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("case", sa.String(64), nullable=False),
        sa.Column("consent", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("thread", name="pk_case_referral"),
    )
    op.create_index("ix_case_referral_case", "case_referral", ["case"])
    op.create_index("ix_case_referral_consent", "case_referral", ["consent"])


def _returned() -> None:
    op.create_table(
        "returned",
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("data_class", sa.String(40), nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("came_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("jti", "data_class", name="pk_returned"),
    )
    op.create_index("ix_returned_thread", "returned", ["thread"])
