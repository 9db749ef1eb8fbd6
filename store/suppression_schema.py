"""The tables of addresses that no mail should go to, and of the reports that say so."""

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, Text

from store.columns import Instant, Ulid
from store.metadata import metadata

_Word = Text().with_variant(Text(collation="C"), "postgresql")

# What one report says of one address. `about` is the Message-ID that it speaks of, "" unknown.
# `counted` is false while the report is held, or once somebody said that it is none.
suppression_evidence = Table(
    "suppression_evidence",
    metadata,
    Column("address", _Word, primary_key=True),
    Column("message_id", Ulid, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("structured", Boolean, nullable=False),
    Column("counted", Boolean, nullable=False),
    Column("about", Text, nullable=False),
    Column("said", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_suppression_evidence_message_id", suppression_evidence.c.message_id)

# What follows from that, and what people decided. `state`: active, ask, or lifted; a lifted row
# stays, so that what was known before `lifted_at` does not count again. `expires_at` is a
# person's; what reports say expires with the age `suppressed`.
suppressions = Table(
    "suppressions",
    metadata,
    Column("address", _Word, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("lifted_at", Instant),
    Column("changed_by", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_suppressions_last_seen_address", suppressions.c.last_seen, suppressions.c.address)
