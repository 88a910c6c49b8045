"""Messages by thread and peer, as everybody asks: by thread alone, SQLite looked through all that the peer ever sent.

Nobody asks for a step by its message.
"""

from __future__ import annotations

from alembic import op

revision = "shared_0025"
down_revision = "shared_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the peer behind the thread."""
    op.drop_index("ix_inbox_thread", "inbox")
    op.create_index("ix_inbox_thread_peer_code", "inbox", ["thread", "peer", "code"])
    op.drop_index("ix_outbox_thread", "outbox")
    op.create_index("ix_outbox_thread_peer", "outbox", ["thread", "peer"])
    op.drop_index("ix_step_jti", "step")


def downgrade() -> None:
    """Go back to the thread alone."""
    op.create_index("ix_step_jti", "step", ["jti"])
    op.drop_index("ix_outbox_thread_peer", "outbox")
    op.create_index("ix_outbox_thread", "outbox", ["thread"])
    op.drop_index("ix_inbox_thread_peer_code", "inbox")
    op.create_index("ix_inbox_thread", "inbox", ["thread"])
