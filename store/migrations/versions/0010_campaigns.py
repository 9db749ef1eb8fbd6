"""What was sent, who answers it, and what lists tell of messages."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ulid = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")
word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _make_campaigns()
    op.create_table(
        "marks",
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address", word, nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_marks_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "kind", name=op.f("pk_marks")),
        postgresql_partition_by="RANGE (message_id)",
    )
    op.create_index("ix_marks_until_address", "marks", ["until", "address"])
    op.create_index(
        "ix_marks_about",
        "marks",
        ["word", "message_id"],
        sqlite_where=sa.text("kind = 'about'"),
        postgresql_where=sa.text("kind = 'about'"),
    )


def _make_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", word, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_campaigns_created_at_id", "campaigns", ["created_at", "id"])
    op.create_table(
        "campaign_messages",
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("campaign_id", word, nullable=False),
        sa.Column("recipient", word, nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_campaign_messages")),
        sqlite_with_rowid=False,
    )
    for column in ("campaign_id", "recipient"):
        name = f"ix_campaign_messages_{column}_sent_at"
        op.create_index(name, "campaign_messages", [column, "sent_at"])
    op.create_index("ix_campaign_messages_sent_at", "campaign_messages", ["sent_at"])
    op.create_table(
        "message_campaigns",
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("campaign_id", word, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_message_campaigns_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_campaigns")),
        postgresql_partition_by="RANGE (message_id)",
    )
    op.create_index(
        "ix_message_campaigns_campaign_id_message_id",
        "message_campaigns",
        ["campaign_id", "message_id"],
    )
