"""The tables of what was sent, of who answers it, and of what lists tell of a message.

The last two are made from digests, so they can be made again at any time.
"""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text

from store.columns import Instant, Ulid
from store.metadata import metadata

_Word = Text().with_variant(Text(collation="C"), "postgresql")

# What somebody sent to many. `messages` is how many Message-IDs of it were ever registered.
campaigns = Table(
    "campaigns",
    metadata,
    Column("id", _Word, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("messages", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_campaigns_created_at_id", campaigns.c.created_at, campaigns.c.id)

# The messages of campaigns, by a digest of their Message-ID; `recipient` is "" where one id is
# for everybody.
campaign_messages = Table(
    "campaign_messages",
    metadata,
    Column("key", String(24), primary_key=True),
    Column("campaign_id", _Word, nullable=False),
    Column("recipient", _Word, nullable=False),
    Column("sent_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_campaign_messages_sent_at", campaign_messages.c.sent_at)
Index(
    "ix_campaign_messages_campaign_id_sent_at",
    campaign_messages.c.campaign_id,
    campaign_messages.c.sent_at,
)
Index(
    "ix_campaign_messages_recipient_sent_at",
    campaign_messages.c.recipient,
    campaign_messages.c.sent_at,
)

# Which campaign a message answers.
message_campaigns = Table(
    "message_campaigns",
    metadata,
    Column("message_id", Ulid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("campaign_id", _Word, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("how", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    postgresql_partition_by="RANGE (message_id)",
)
Index(
    "ix_message_campaigns_campaign_id_message_id",
    message_campaigns.c.campaign_id,
    message_campaigns.c.message_id,
)

# What lists and counts tell of a message besides its category; `store.marks` has the kinds.
marks = Table(
    "marks",
    metadata,
    Column("message_id", Ulid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("address", _Word, nullable=False),
    Column("word", Text, nullable=False),
    Column("until", Instant),
    postgresql_partition_by="RANGE (message_id)",
)
Index("ix_marks_until_address", marks.c.until, marks.c.address)
Index(
    "ix_marks_about",
    marks.c.word,
    marks.c.message_id,
    sqlite_where=marks.c.kind == "about",
    postgresql_where=marks.c.kind == "about",
)
