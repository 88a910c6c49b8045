"""How streams stand by the peer's word, receipts from before a restore, and messages that a restored node forgot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0015"
down_revision = "shared_0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "peer_stand",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=True),
        sa.Column("high_water", sa.BigInteger, nullable=True),
        sa.Column("missing", sa.BigInteger, nullable=False),
        sa.Column("heard_at", MOMENT, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("doubt_epoch", sa.Integer, nullable=True),
        sa.Column("doubt_seq", sa.BigInteger, nullable=True),
        sa.Column("unproven_at", MOMENT, nullable=True),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("confirmed_by", sa.String(40), nullable=True),
        sa.Column("confirmed_why", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("peer", name="pk_peer_stand"),
    )
    op.create_table(
        "former_receipt",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("receipted_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("offered_again_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_former_receipt"),
    )
    op.create_index("ix_former_receipt_jti", "former_receipt", ["jti"])
    op.create_table(
        "forgotten",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("noted_at", MOMENT, nullable=True),
        sa.Column("noted_by", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("peer", "jti", name="pk_forgotten"),
    )
    op.create_index("ix_forgotten_thread", "forgotten", ["thread"])


def downgrade() -> None:
    """Drop the three tables, with everything in them."""
    op.drop_table("forgotten")
    op.drop_table("former_receipt")
    op.drop_table("peer_stand")
