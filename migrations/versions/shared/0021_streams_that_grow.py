"""How far streams were received without a gap, and the order in which post leaves: neither is counted anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0021"
down_revision = "shared_0020"
branch_labels = None
depends_on = None

HAS_PROBLEM = sa.text("problem IS NOT NULL")


def upgrade() -> None:
    """Make the table and the two indexes; the first message of each stream counts what came before it."""
    op.create_table(
        "received_whole",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("epoch", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("peer", "epoch", name="pk_received_whole"),
    )
    op.drop_index("ix_outbox_peer_state", "outbox")
    op.create_index("ix_outbox_peer_state_jti", "outbox", ["peer", "state", "jti"])
    op.create_index(
        "ix_outbox_problem", "outbox", ["peer", "problem"], sqlite_where=HAS_PROBLEM, postgresql_where=HAS_PROBLEM
    )


def downgrade() -> None:
    """Drop them; the older version counts."""
    op.drop_index("ix_outbox_problem", "outbox")
    op.drop_index("ix_outbox_peer_state_jti", "outbox")
    op.create_index("ix_outbox_peer_state", "outbox", ["peer", "state"])
    op.drop_table("received_whole")
