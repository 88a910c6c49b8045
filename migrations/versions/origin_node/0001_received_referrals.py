"""What only an origin keeps: what it received, assigned, and reported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "origin_0001"
down_revision = None
branch_labels = ("origin_node",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _stated()
    _assignment()
    _contact_attempt()
    _report()


def downgrade() -> None:
    """Drop them, with everything in them."""
    for table in ("report", "contact_attempt", "assignment", "stated"):
        op.drop_table(table)


def _stated() -> None:
    op.create_table(
        "stated",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("data_class", sa.String(40), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("jti", sa.String(64), nullable=True),
        sa.Column("stated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("peer", "thread", "data_class", name="pk_stated"),
    )


def _assignment() -> None:
    op.create_table(
        "assignment",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("organisation", sa.Text, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("peer", "thread", "service", name="pk_assignment"),
    )


def _contact_attempt() -> None:
    op.create_table(
        "contact_attempt",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("jti", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_contact_attempt"),
    )
    op.create_index("ix_contact_attempt_peer_thread", "contact_attempt", ["peer", "thread"])


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("month", sa.Integer, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reported_by", sa.String(40), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("jti", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
    )
    op.create_index("ix_report_peer_thread", "report", ["peer", "thread"])
