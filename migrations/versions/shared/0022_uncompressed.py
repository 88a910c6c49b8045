"""PostgreSQL keeps what is sealed, signed or encoded as it is: it would try to compress it each time, and rarely could.

Rows from before stay as they are and are read as before.
"""

from __future__ import annotations

from collections.abc import Mapping

from alembic import op

revision = "shared_0022"
down_revision = "shared_0021"
branch_labels = None
depends_on = None

ENCODED: Mapping[str, tuple[str, ...]] = {
    "outbox": ("content", "disclosures", "basis", "manifest", "sealed", "receipt"),
    "inbox": ("manifest", "content", "disclosures", "receipt"),
    "manifest": ("token",),
    "referral": ("basis", "basis_record"),
}


def upgrade() -> None:
    """Say so to PostgreSQL."""
    _store("EXTERNAL")


def downgrade() -> None:
    """Let it try again."""
    _store("EXTENDED")


def _store(how: str) -> None:
    if op.get_context().dialect.name != "sqlite":
        for table, columns in ENCODED.items():
            changes = ", ".join(f"ALTER COLUMN {column} SET STORAGE {how}" for column in columns)
            op.execute(f"ALTER TABLE {table} {changes}")
