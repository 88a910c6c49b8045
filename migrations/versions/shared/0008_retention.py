"""When something of a referral that has ended goes by itself, and when the last of it went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0008"
down_revision = "shared_0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Let a referral say when it is erased."""
    op.add_column("referral", sa.Column("erase_at", MOMENT, nullable=True))
    op.add_column("referral", sa.Column("erased_at", MOMENT, nullable=True))
    op.create_index("ix_referral_erase_at", "referral", ["erase_at"])


def downgrade() -> None:
    """Forget when referrals are erased; what was erased stays so."""
    op.drop_index("ix_referral_erase_at", "referral")
    with op.batch_alter_table("referral") as batch:
        batch.drop_column("erased_at")
        batch.drop_column("erase_at")
