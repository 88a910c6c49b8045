"""How far each stream was received, beside how far without a gap: nobody looks through what came to say so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0023"
down_revision = "shared_0022"
branch_labels = None
depends_on = None

NOT_NOTED = """
    INSERT INTO received_whole (peer, epoch, seq, high) SELECT peer, epoch, 0, 0 FROM inbox
    WHERE NOT EXISTS (
        SELECT * FROM received_whole AS noted WHERE noted.peer = inbox.peer AND noted.epoch = inbox.epoch
    )
    GROUP BY peer, epoch
"""
HIGHEST = """
    UPDATE received_whole SET high = (
        SELECT max(inbox.seq) FROM inbox WHERE inbox.peer = received_whole.peer AND inbox.epoch = received_whole.epoch
    )
"""


def upgrade() -> None:
    """Add the column, and a row for each stream of which something came; the whole of a new one is counted once."""
    with op.batch_alter_table("received_whole") as table:
        table.add_column(sa.Column("high", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(NOT_NOTED)
    op.execute(HIGHEST)
    with op.batch_alter_table("received_whole") as table:
        table.alter_column("high", server_default=None)


def downgrade() -> None:
    """Drop it; the older version looks."""
    op.execute("DELETE FROM received_whole WHERE seq = 0")
    with op.batch_alter_table("received_whole") as table:
        table.drop_column("high")
