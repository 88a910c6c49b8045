"""Sealed files in parts, what uses them, and what is still to be brought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0013"
down_revision = "shared_0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "file",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("problem", sa.String(40), nullable=True),
        sa.Column("receipt", sa.Text, nullable=True),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file"),
        sa.UniqueConstraint("owner", "digest", name="uq_file_owner_digest"),
    )
    op.create_index("ix_file_state", "file", ["state"])
    op.create_table(
        "file_part",
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("file", "number", name="pk_file_part"),
    )
    op.create_table(
        "file_use",
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("file", "subject", name="pk_file_use"),
    )
    op.create_table(
        "file_push",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("problem", sa.String(40), nullable=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("receipt", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("peer", "thread", "digest", name="pk_file_push"),
    )
    op.create_index("ix_file_push_state", "file_push", ["state"])


def downgrade() -> None:
    """Drop the four tables, with everything in them."""
    op.drop_table("file_push")
    op.drop_table("file_use")
    op.drop_table("file_part")
    op.drop_table("file")
