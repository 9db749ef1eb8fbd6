"""The tables of who wrote to us, of conversations, and of attachments.

All of them are made from digests, so they can be made again at any time.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from store.columns import Instant, Ulid
from store.metadata import metadata

_Word = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is walked in order of its octets, so that a prefix is a span of an index."""

# Who wrote to us; `messages` counts those that are not held.
people = Table(
    "people",
    metadata,
    Column("address", _Word, primary_key=True),
    Column("name", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("messages", Integer, nullable=False),
)
Index("ix_people_last_at_address", people.c.last_at, people.c.address)

# By what a person is found: the folded words of name and address.
person_words = Table(
    "person_words",
    metadata,
    Column("word", _Word, primary_key=True),
    Column("address", _Word, primary_key=True),
    sqlite_with_rowid=False,
)

# What a person wrote, held messages too.
person_messages = Table(
    "person_messages",
    metadata,
    Column("address", _Word, primary_key=True),
    Column("message_id", Ulid, primary_key=True),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (message_id)",
)

# What each digested message says of its conversation, and which that is. `thread_id` is the least
# id of the messages in it, None for a held one. `version` is the digest's that filled the row.
threads = Table(
    "threads",
    metadata,
    Column(
        "message_id",
        Ulid,
        ForeignKey("messages.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("thread_id", Ulid),
    Column("person", Text),
    Column("version", Integer, nullable=False),
    Column("signs", JSON, nullable=False),
    postgresql_partition_by="RANGE (message_id)",
)
Index("ix_threads_thread_id_message_id", threads.c.thread_id, threads.c.message_id)

# What messages of one conversation have in common: digests of Message-IDs and subjects, and which
# part they play; `author` is a digest too, "" for none.
thread_keys = Table(
    "thread_keys",
    metadata,
    Column("key", String(24), primary_key=True),
    Column("role", Integer, primary_key=True, autoincrement=False),
    Column("author", String(24), primary_key=True),
    Column("message_id", Ulid, primary_key=True),
    sqlite_with_rowid=False,
)

# One row for each attachment, in the order of the digest. `closed`: of a forwarding confirmation.
parts = Table(
    "parts",
    metadata,
    Column(
        "message_id",
        Ulid,
        ForeignKey("messages.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("inline", Boolean, nullable=False),
    Column("dangerous", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    postgresql_partition_by="RANGE (message_id)",
)
Index("ix_parts_sha256_message_id", parts.c.sha256, parts.c.message_id)
Index("ix_parts_content_type_message_id", parts.c.content_type, parts.c.message_id)
Index(
    "ix_parts_dangerous",
    parts.c.message_id,
    sqlite_where=parts.c.dangerous.is_(True),
    postgresql_where=parts.c.dangerous.is_(True),
)
