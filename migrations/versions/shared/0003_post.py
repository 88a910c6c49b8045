"""Messages that leave and arrive, with what is needed to take each once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0003"
down_revision = "shared_0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _outbox()
    _manifest()
    _inbox()
    _nonce()


def downgrade() -> None:
    """Drop them, with everything in them."""
    for table in ("nonce", "inbox", "manifest", "outbox"):
        op.drop_table(table)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("sop", sa.String(64), nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("basis_record", sa.LargeBinary, nullable=True),
        sa.Column("basis_salt", sa.LargeBinary, nullable=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("disclosures", JSON, nullable=False),
        sa.Column("classes", JSON, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("problem", sa.String(64), nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("epoch", sa.Integer, nullable=True),
        sa.Column("seq", sa.BigInteger, nullable=True),
        sa.Column("manifest", sa.Text, nullable=True),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.Column("receipt", sa.Text, nullable=True),
        sa.Column("receipted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("jti", name="pk_outbox"),
        sa.UniqueConstraint("peer", "epoch", "seq", name="uq_outbox_peer_epoch_seq"),
    )
    op.create_index("ix_outbox_peer_state", "outbox", ["peer", "state"])
    op.create_index("ix_outbox_thread", "outbox", ["thread"])


def _manifest() -> None:
    op.create_table(
        "manifest",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_manifest"),
    )
    op.create_index("ix_manifest_jti", "manifest", ["jti"])


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("jti", sa.String(64), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=True),
        sa.Column("disclosures", JSON, nullable=True),
        sa.Column("disposition", sa.String(40), nullable=False),
        sa.Column("code", sa.String(40), nullable=True),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("peer", "jti", name="pk_inbox"),
        sa.UniqueConstraint("peer", "epoch", "seq", name="uq_inbox_peer_epoch_seq"),
    )
    op.create_index("ix_inbox_thread", "inbox", ["thread"])


def _nonce() -> None:
    op.create_table(
        "nonce",
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("peer", "nonce", name="pk_nonce"),
    )
    op.create_index("ix_nonce_expires_at", "nonce", ["expires_at"])
