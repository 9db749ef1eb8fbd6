"""How long mail is kept, what must not be forgotten, and how much a mailbox may hold."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ulid = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "tallies", sa.Column("octets", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("messages", sa.Column("bytes_gone_at", sa.BigInteger(), nullable=True))
    _count_octets()
    _rules_and_ages()
    op.create_table(
        "holds",
        sa.Column("id", ulid, nullable=False),
        sa.Column("message_id", ulid, nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("mailbox_id", ulid, nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_table(
        "quotas",
        sa.Column("mailbox_id", ulid, nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=True),
        sa.Column("octets", sa.BigInteger(), nullable=True),
        sa.Column("refuse", sa.Boolean(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_quotas_mailbox_id")
        ),
        sa.PrimaryKeyConstraint("mailbox_id", name=op.f("pk_quotas")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", ulid, nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("mentions", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )


def _rules_and_ages() -> None:
    op.create_table(
        "retention_rules",
        sa.Column("id", ulid, nullable=False),
        sa.Column("mailbox_id", ulid, nullable=True),
        sa.Column("category", sa.String(length=16), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("larger_than", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
    )
    op.create_table(
        "retention_ages",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_retention_ages")),
    )


def _count_octets() -> None:
    """Once, of all messages; from now on whoever changes a tally changes its octets too."""
    everywhere = (
        "SELECT '', held, archived, COALESCE(category, ''), seen, SUM(size) FROM messages "
        "GROUP BY 2, 3, 4, 5"
    )
    each = (
        "SELECT l.mailbox_id, l.held, l.archived, COALESCE(l.category, ''), l.seen, SUM(m.size) "
        "FROM message_mailboxes l JOIN messages m ON m.id = l.message_id GROUP BY 1, 2, 3, 4, 5"
    )
    connection = op.get_bind()
    counted = sa.text(
        "UPDATE tallies SET octets = :octets WHERE mailbox_id = :mailbox AND held = :held "
        "AND archived = :archived AND category = :category AND seen = :seen"
    )
    names = ("mailbox", "held", "archived", "category", "seen", "octets")
    for query in (everywhere, each):
        for row in connection.execute(sa.text(query)).all():
            connection.execute(counted, dict(zip(names, row, strict=True)))
