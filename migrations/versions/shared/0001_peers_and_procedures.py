"""Who uses the node, which peers it has, and the procedures that they agreed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0001"
down_revision = None
branch_labels = ("shared",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _user_account()
    _statement()
    _peer()
    _sop()


def downgrade() -> None:
    """Drop them, with everything in them."""
    for table in ("sop", "peer", "statement", "user_account"):
        op.drop_table(table)


def _user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_user_account"),
        sa.UniqueConstraint("token_digest", name="uq_user_account_token_digest"),
    )


def _statement() -> None:
    op.create_table(
        "statement",
        sa.Column("node_id", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("node_id", "version", name="pk_statement"),
    )


def _peer() -> None:
    op.create_table(
        "peer",
        sa.Column("node_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("proposed_by", sa.String(40), nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("confirmed_by", sa.String(40), nullable=True),
        sa.Column("polled_at", MOMENT, nullable=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("last_problem", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("node_id", name="pk_peer"),
    )


def _sop() -> None:
    op.create_table(
        "sop",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("effective_at", MOMENT, nullable=False),
        sa.Column("own_signature", sa.Text, nullable=True),
        sa.Column("peer_signature", sa.Text, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sop"),
    )
    op.create_index("ix_sop_peer", "sop", ["peer"])
