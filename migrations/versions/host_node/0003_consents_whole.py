"""All that a consent records, who travels together, and best-interests reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "host_0003"
down_revision = "host_0002"
branch_labels = None
depends_on = None

CONSENT = ("giver", "capacity", "evidence_kind", "evidence", "risks_explained", "withdrawing_explained", "taken_by",
           "sheet", "replaces")  # fmt: skip
CASE = ("household", "member_of", "separated")


def upgrade() -> None:
    """Add the columns and the table; of older consents it is only known that the person gave them."""
    with op.batch_alter_table("consent") as batch:
        batch.add_column(sa.Column("giver", sa.String(40), nullable=False, server_default="person"))
        for name in ("capacity", "evidence_kind", "evidence", "taken_by"):
            batch.add_column(sa.Column(name, sa.Text, nullable=True))
        for name in ("risks_explained", "withdrawing_explained"):
            batch.add_column(sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("sheet", sa.String(64), nullable=True))
        batch.add_column(sa.Column("replaces", sa.String(64), nullable=True))
    op.create_index("ix_consent_replaces", "consent", ["replaces"])
    with op.batch_alter_table("case_file") as batch:
        batch.add_column(sa.Column("household", sa.String(64), nullable=True))
        batch.add_column(sa.Column("member_of", sa.String(64), nullable=True))
        batch.add_column(sa.Column("separated", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_case_file_member_of", "case_file", ["member_of"])
    op.create_table(
        "best_interests_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case", sa.String(64), nullable=False),
        sa.Column("decision", sa.String(40), nullable=False),
        sa.Column("ground", sa.Text, nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_best_interests_review"),
    )
    op.create_index("ix_best_interests_review_case", "best_interests_review", ["case"])


def downgrade() -> None:
    """Drop the table and the columns, with everything in them."""
    op.drop_table("best_interests_review")
    op.drop_index("ix_case_file_member_of", "case_file")
    op.drop_index("ix_consent_replaces", "consent")
    for table, names in (("case_file", CASE), ("consent", CONSENT)):
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)
