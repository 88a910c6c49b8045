"""A thread belongs to one referral of a node, whoever the peer is: the database says so, for lanes that run at once."""

from __future__ import annotations

from alembic import op

revision = "shared_0014"
down_revision = "shared_0013"
branch_labels = None
depends_on = None

NAME = "uq_referral_thread"


def upgrade() -> None:
    """Make the index."""
    op.create_index(NAME, "referral", ["thread"], unique=True)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(NAME, "referral")
