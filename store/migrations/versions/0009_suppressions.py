"""Addresses that no mail should go to. Filled from digests, which the worker makes anew."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ulid = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")
word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "suppression_evidence",
        sa.Column("address", word, nullable=False),
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("structured", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address", "message_id", name=op.f("pk_suppression_evidence")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_suppression_evidence_message_id", "suppression_evidence", ["message_id"])
    op.create_table(
        "suppressions",
        sa.Column("address", word, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_suppressions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_suppressions_last_seen_address", "suppressions", ["last_seen", "address"])
