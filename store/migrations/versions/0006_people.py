"""People, threads, and the parts of messages. Filled from digests, which the worker makes anew."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ulid = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")
word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _make_people()
    _make_threads()
    _make_parts()


def _make_people() -> None:
    op.create_table(
        "people",
        sa.Column("address", word, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_people")),
    )
    op.create_index("ix_people_last_at_address", "people", ["last_at", "address"])
    op.create_table(
        "person_words",
        sa.Column("word", word, nullable=False),
        sa.Column("address", word, nullable=False),
        sa.PrimaryKeyConstraint("word", "address", name=op.f("pk_person_words")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_messages",
        sa.Column("address", word, nullable=False),
        sa.Column("message_id", ulid, nullable=False),
        sa.PrimaryKeyConstraint("address", "message_id", name=op.f("pk_person_messages")),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (message_id)",
    )


def _make_threads() -> None:
    op.create_table(
        "threads",
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("thread_id", ulid, nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("signs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_threads_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_threads")),
        postgresql_partition_by="RANGE (message_id)",
    )
    op.create_index("ix_threads_thread_id_message_id", "threads", ["thread_id", "message_id"])
    op.create_table(
        "thread_keys",
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("role", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=24), nullable=False),
        sa.Column("message_id", ulid, nullable=False),
        sa.PrimaryKeyConstraint("key", "role", "author", "message_id", name=op.f("pk_thread_keys")),
        sqlite_with_rowid=False,
    )


def _make_parts() -> None:
    op.create_table(
        "parts",
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("dangerous", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_parts_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "n", name=op.f("pk_parts")),
        postgresql_partition_by="RANGE (message_id)",
    )
    op.create_index("ix_parts_sha256_message_id", "parts", ["sha256", "message_id"])
    op.create_index("ix_parts_content_type_message_id", "parts", ["content_type", "message_id"])
    op.create_index(
        "ix_parts_dangerous",
        "parts",
        ["message_id"],
        sqlite_where=sa.text("dangerous IS 1"),
        postgresql_where=sa.text("dangerous IS true"),
    )
