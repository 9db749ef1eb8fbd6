"""The tables, as SQLAlchemy Core has them: the same on SQLite and on PostgreSQL.

The migrations in `store/migrations` make these tables; a test compares the two. Times are
`Instant`. Ids of transactions and messages are ULIDs, made within a day of `received_at`: lists
walk them in order, newest first, and a span of time is a span of ids. Wide things (reports,
digests, bytes) have tables of their own, so that lists read narrow rows. Partial indexes hold the
few rows that a list may have to look for among many.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from store.campaign_schema import campaign_messages as campaign_messages
from store.campaign_schema import campaigns as campaigns
from store.campaign_schema import marks as marks
from store.campaign_schema import message_campaigns as message_campaigns
from store.columns import Instant, Serial, Ulid
from store.keeping_schema import erasures as erasures
from store.keeping_schema import holds as holds
from store.keeping_schema import quotas as quotas
from store.keeping_schema import retention_ages as retention_ages
from store.keeping_schema import retention_rules as retention_rules
from store.metadata import metadata as metadata
from store.nodes_schema import nodes as nodes
from store.people_schema import parts as parts
from store.people_schema import people as people
from store.people_schema import person_messages as person_messages
from store.people_schema import person_words as person_words
from store.people_schema import thread_keys as thread_keys
from store.people_schema import threads as threads
from store.search_schema import search as search
from store.suppression_schema import suppression_evidence as suppression_evidence
from store.suppression_schema import suppressions as suppressions

REVISION = "0011"
"""The newest migration; numbers that count up, so that a newer schema can be told from an older."""


def _partial_index(name: str, where: ColumnElement[bool], *columns: Column[Any]) -> None:
    """An index of the rows that fit `where`. A query uses it if it says the same."""
    full_name = f"ix_{columns[0].table.name}_{name}"
    Index(full_name, *columns, sqlite_where=where, postgresql_where=where)


transactions = Table(
    "transactions",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("door", String(8), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("stage", String(8), nullable=False),
    Column("client_ip", String(45)),
    Column("client_port", Integer, nullable=False),
    Column("helo", Text, nullable=False),
    Column("extended", Boolean, nullable=False),
    Column("tls_version", String(32)),
    Column("tls_cipher", String(128)),
    Column("mail_from", Text),
    Column("rcpt_to", JSON, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("body", String(16), nullable=False),
    Column("smtputf8", Boolean, nullable=False),
    Column("from_domain", Text),
    Column("subject", Text),
    Column("message_id", Text, index=True),
    Column("size", Integer),
    Column("sha256", String(64)),
    Column("code", Integer, nullable=False),
    Column("enhanced", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("duplicate_of", Ulid),
    Column("body_expires_at", Instant),
    postgresql_partition_by="RANGE (id)",
)
Index("ix_transactions_client_ip_id", transactions.c.client_ip, transactions.c.id)
Index("ix_transactions_from_domain_id", transactions.c.from_domain, transactions.c.id)
Index("ix_transactions_outcome_id", transactions.c.outcome, transactions.c.id)
_partial_index("duplicates", transactions.c.duplicate_of.is_not(None), transactions.c.duplicate_of)
_partial_index(
    "bodies", transactions.c.body_expires_at.is_not(None), transactions.c.body_expires_at
)

# By whom a transaction can be found: lower-case addresses of both sides, and the "@domain" of
# MAIL FROM. One narrow tree serves sender, recipient and domain.
transaction_addresses = Table(
    "transaction_addresses",
    metadata,
    Column("address", Text, primary_key=True),
    Column("transaction_id", Ulid, primary_key=True),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (transaction_id)",
)

# How a transaction was judged. `verdict` alone is filled where there is no report that has it.
reports = Table(
    "reports",
    metadata,
    Column("transaction_id", Ulid, ForeignKey(transactions.c.id), primary_key=True),
    Column("report", JSON(none_as_null=True)),
    Column("verdict", JSON(none_as_null=True)),
    Column("evidence", JSON(none_as_null=True)),
    Column("header_block", LargeBinary),
    Column("received", LargeBinary, nullable=False),
    Column("authentication_results", LargeBinary, nullable=False),
    Column("forged", JSON(none_as_null=True)),
    postgresql_partition_by="RANGE (transaction_id)",
)

# What broke the signatures of a message, found out afterwards: as `verify.dkim` tells it.
# `attempts`: how often its job was begun before it came to an end.
diagnoses = Table(
    "diagnoses",
    metadata,
    Column(
        "transaction_id",
        Ulid,
        ForeignKey(transactions.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("diagnosis", JSON, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    postgresql_partition_by="RANGE (transaction_id)",
)

# What the DNS said, once for all messages that rest on it; `hash` is over the answer, `uses`
# counts the reports that name it.
dns_answers = Table(
    "dns_answers",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("rdtype", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("records", JSON, nullable=False),
    Column("uses", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What was accepted at the SMTP door lately, to link what is sent again (RFC 1047).
fingerprints = Table(
    "fingerprints",
    metadata,
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("transaction_id", Ulid, nullable=False),
    Column("received_at", Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)

# The exact bytes, by their hash: in `content`, or, where that is null, in the object of this name
# (one without a name is called by the hash). `size` is theirs before they were coded.
blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("coding", String(16), nullable=False),
    Column("uses", Integer, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("content", LargeBinary),
    Column("object", String(96)),
)
_partial_index("named", blobs.c.object.is_not(None), blobs.c.object)

# Objects on their way in or out, which `blobs` does not name: see `store.blobs.ledger`.
blob_objects = Table(
    "blob_objects",
    metadata,
    Column("name", String(96), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("since", Instant),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("account_id", Ulid),
    Column("created_at", Instant, nullable=False),
)
Index("uq_mailboxes_kind_address", mailboxes.c.kind, mailboxes.c.address, unique=True)

domains = Table(
    "domains",
    metadata,
    Column("name", String(253), primary_key=True),
    Column("accept", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("mailbox_id", Ulid, ForeignKey(mailboxes.c.id), nullable=False),
    Column("created_at", Instant, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Ulid, ForeignKey(transactions.c.id), primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("seen", Boolean, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("category", String(16)),
    Column("category_by", Text),
    Column("confidence", Float),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("from_name", Text, nullable=False),
    Column("from_address", Text, nullable=False),
    Column("date", Instant),
    Column("snippet", Text, nullable=False),
    Column("attachments", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("digested", Boolean, nullable=False),
    Column("bytes_gone_at", Instant),
    postgresql_partition_by="RANGE (id)",
)
Index("ix_messages_category_id", messages.c.category, messages.c.id)
_partial_index("held", messages.c.held.is_(True), messages.c.id)
_partial_index("flagged", messages.c.flagged.is_(True), messages.c.id)
_partial_index("archived", messages.c.archived.is_(True), messages.c.id)
_partial_index("unread", messages.c.seen.is_(False), messages.c.id)
_partial_index("corrected", messages.c.category_by.is_not(None), messages.c.id)

# Where a message lies. The flags are copies, so that each list of a mailbox has its index.
message_mailboxes = Table(
    "message_mailboxes",
    metadata,
    Column("mailbox_id", Ulid, ForeignKey(mailboxes.c.id), primary_key=True),
    Column(
        "message_id",
        Ulid,
        ForeignKey(messages.c.id, ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    Column("held", Boolean, nullable=False),
    Column("seen", Boolean, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("category", String(16)),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (message_id)",
)
Index(
    "ix_message_mailboxes_category",
    message_mailboxes.c.mailbox_id,
    message_mailboxes.c.category,
    message_mailboxes.c.message_id,
)
# The flag stands among the columns too: SQLite's planner prefers what fits more of them.
for _name, _flag, _rare in (
    ("held", message_mailboxes.c.held, True),
    ("flagged", message_mailboxes.c.flagged, True),
    ("archived", message_mailboxes.c.archived, True),
    ("unread", message_mailboxes.c.seen, False),
):
    _partial_index(
        _name,
        _flag.is_(_rare),
        message_mailboxes.c.mailbox_id,
        _flag,
        message_mailboxes.c.message_id,
    )

# How many messages there are of each kind in each mailbox, with how many octets, and (mailbox "")
# in all of them; kept by whoever changes one of them, because counting would take ever longer.
tallies = Table(
    "tallies",
    metadata,
    Column("mailbox_id", Ulid, primary_key=True),
    Column("held", Boolean, primary_key=True),
    Column("archived", Boolean, primary_key=True),
    Column("category", String(16), primary_key=True),
    Column("seen", Boolean, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("octets", BigInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

digests = Table(
    "digests",
    metadata,
    Column(
        "message_id",
        Ulid,
        ForeignKey(messages.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("digest", JSON, nullable=False),
    postgresql_partition_by="RANGE (message_id)",
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("message_id", Ulid, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("mailboxes", JSON, nullable=False),
    Column("deleted_at", Instant, nullable=False),
    Column("deleted_by", Text, nullable=False),
)

# Which messages of a bound account were taken. Rows outlive their message: a deleted one must
# not come back with the next pull.
pulled = Table(
    "pulled",
    metadata,
    Column("account_id", Ulid, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", Ulid, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("linked", Boolean, nullable=False),
    Column("pulled_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_pulled_account_id_sha256", pulled.c.account_id, pulled.c.sha256)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("message_id", Ulid),
    Column("payload", JSON(none_as_null=True)),
    Column("state", String(8), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owner", Text),
    Column("error", Text),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
_partial_index("waiting", outbox.c.state == "waiting", outbox.c.kind, outbox.c.due_at, outbox.c.id)
_partial_index("dead", outbox.c.state == "dead", outbox.c.id)

# What the handle in a minted reply address stands for, where both did not fit into it.
reply_tags = Table(
    "reply_tags",
    metadata,
    Column("handle", String(24), primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# Forwarders that somebody here trusts: one narrow path each, with an end and a count.
forward_paths = Table(
    "forward_paths",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("destination", Text, nullable=False),
    Column("known_by", String(8), nullable=False),
    Column("name", Text, nullable=False),
    Column("forwarder", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("used_at", Instant),
)

operators = Table(
    "operators",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("password_set_at", Instant, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column(
        "operator_id",
        Ulid,
        ForeignKey(operators.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("client", Text, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("scope", String(8), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Ulid, primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    Column("mailbox_id", Ulid, ForeignKey(mailboxes.c.id), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("status", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

account_cursors = Table(
    "account_cursors",
    metadata,
    Column("account_id", Ulid, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("what", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    sqlite_autoincrement=True,
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)
