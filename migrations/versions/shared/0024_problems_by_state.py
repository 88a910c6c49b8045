"""Problems by state: SQLite chose to look through everything that waits for a message that met a problem."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "shared_0024"
down_revision = "shared_0023"
branch_labels = None
depends_on = None

HAS_PROBLEM = sa.text("problem IS NOT NULL")


def upgrade() -> None:
    """Put the state into the index."""
    _index("peer", "state", "problem")


def downgrade() -> None:
    """Take it out again."""
    _index("peer", "problem")


def _index(*columns: str) -> None:
    op.drop_index("ix_outbox_problem", "outbox")
    op.create_index(
        "ix_outbox_problem", "outbox", list(columns), sqlite_where=HAS_PROBLEM, postgresql_where=HAS_PROBLEM
    )
