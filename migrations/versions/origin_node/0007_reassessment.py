"""What the origin assessed anew, what the host stated before, and what was struck as entered in error."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "origin_0007"
down_revision = "origin_0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_a_referral() -> tuple[sa.Column[int], sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("id", ID, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
    )


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "assessed",
        *_of_a_referral(),
        sa.Column("data_class", sa.String(40), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("assessed_by", sa.String(40), nullable=False),
        sa.Column("organisation", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_assessed"),
    )
    op.create_table(
        "stated_before",
        *_of_a_referral(),
        sa.Column("data_class", sa.String(40), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("jti", sa.String(64), nullable=True),
        sa.Column("stated_at", MOMENT, nullable=False),
        sa.Column("replaced_at", MOMENT, nullable=False),
        sa.Column("replaced_by", sa.Text, nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("in_error", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_stated_before"),
    )
    op.create_table(
        "struck",
        *_of_a_referral(),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("entry", ID, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("struck_by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_struck"),
        sa.UniqueConstraint("what", "entry", name="uq_struck_what_entry"),
    )
    for table in ("assessed", "stated_before", "struck"):
        op.create_index(f"ix_{table}_peer_thread", table, ["peer", "thread"])


def downgrade() -> None:
    """Drop the three tables, with everything in them."""
    for table in ("struck", "stated_before", "assessed"):
        op.drop_table(table)
