"""The tables of what is kept and what is forgotten: rules and ages, holds, quotas, erasures."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text

from store.columns import Instant, Ulid
from store.metadata import metadata

# What is forgotten by rule. All that is not null must fit. A rule works from `effective_at` on.
retention_rules = Table(
    "retention_rules",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("mailbox_id", Ulid),
    Column("category", String(16)),
    Column("days", Integer, nullable=False),
    Column("larger_than", BigInteger),
    Column("what", String(8), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("effective_at", Instant, nullable=False),
)

# How long what no rule speaks of is kept, where that is not the default. Until `effective_at` the
# longer of `days` and `before` holds.
retention_ages = Table(
    "retention_ages",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("days", Integer, nullable=False),
    Column("before", Integer, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("effective_at", Instant, nullable=False),
)

# What must not be deleted. All that is not null must fit; lifted ones stay for the record.
holds = Table(
    "holds",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("message_id", Ulid),
    Column("address", Text),
    Column("mailbox_id", Ulid),
    Column("since", Instant),
    Column("until", Instant),
    Column("reason", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", Text),
)

# How much a mailbox may hold. `refuse`: recipients are deferred when it is full; else it warns.
quotas = Table(
    "quotas",
    metadata,
    Column("mailbox_id", Ulid, ForeignKey("mailboxes.id"), primary_key=True),
    Column("messages", BigInteger),
    Column("octets", BigInteger),
    Column("refuse", Boolean, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", Text, nullable=False),
)

# One person's mail, erased on request. `address` is there until it is done, to go on after a
# kill; `done` says how far it came. Afterwards the receipt alone is left.
erasures = Table(
    "erasures",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("address", Text),
    Column("mentions", Boolean, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("stage", String(64), nullable=False),
    Column("position", Text, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("finished_at", Instant),
    Column("receipt", JSON(none_as_null=True)),
)
