"""The first schema: the log, the mail, the mailboxes, the outbox, and who may see them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ulid = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")
serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account_cursors",
        sa.Column("account_id", ulid, nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "folder", name=op.f("pk_account_cursors")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("id", serial, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("coding", sa.String(length=16), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )
    op.create_table(
        "dns_answers",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rdtype", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("records", sa.JSON(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_dns_answers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fingerprints",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("transaction_id", ulid, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_fingerprints")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_fingerprints_received_at"), "fingerprints", ["received_at"], unique=False
    )
    op.create_table(
        "mailboxes",
        sa.Column("id", ulid, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("account_id", ulid, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
    )
    op.create_index("uq_mailboxes_kind_address", "mailboxes", ["kind", "address"], unique=True)
    op.create_table(
        "operators",
        sa.Column("id", ulid, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("password_set_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("name", name=op.f("uq_operators_name")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", serial, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("message_id", ulid, nullable=True),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"], unique=False)
    op.create_table(
        "pulled",
        sa.Column("account_id", ulid, nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("pulled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "folder", "uidvalidity", "uid", name=op.f("pk_pulled")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pulled_account_id_sha256", "pulled", ["account_id", "sha256"], unique=False)
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "tallies",
        sa.Column("mailbox_id", ulid, nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "mailbox_id", "held", "archived", "category", "seen", name=op.f("pk_tallies")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tokens",
        sa.Column("id", ulid, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_tokens_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tokens_token_hash")),
    )
    op.create_table(
        "tombstones",
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mailboxes", sa.JSON(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "transaction_addresses",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("transaction_id", ulid, nullable=False),
        sa.PrimaryKeyConstraint("address", "transaction_id", name=op.f("pk_transaction_addresses")),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (transaction_id)",
    )
    op.create_table(
        "transactions",
        sa.Column("id", ulid, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("door", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("client_ip", sa.String(length=45), nullable=True),
        sa.Column("client_port", sa.Integer(), nullable=False),
        sa.Column("helo", sa.Text(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("tls_version", sa.String(length=32), nullable=True),
        sa.Column("tls_cipher", sa.String(length=128), nullable=True),
        sa.Column("mail_from", sa.Text(), nullable=True),
        sa.Column("rcpt_to", sa.JSON(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=16), nullable=False),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.Column("from_domain", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("enhanced", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("duplicate_of", ulid, nullable=True),
        sa.Column("body_expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(
        "ix_transactions_bodies",
        "transactions",
        ["body_expires_at"],
        unique=False,
        sqlite_where=sa.text("body_expires_at IS NOT NULL"),
        postgresql_where=sa.text("body_expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_transactions_client_ip_id", "transactions", ["client_ip", "id"], unique=False
    )
    op.create_index(
        "ix_transactions_duplicates",
        "transactions",
        ["duplicate_of"],
        unique=False,
        sqlite_where=sa.text("duplicate_of IS NOT NULL"),
        postgresql_where=sa.text("duplicate_of IS NOT NULL"),
    )
    op.create_index(
        "ix_transactions_from_domain_id", "transactions", ["from_domain", "id"], unique=False
    )
    op.create_index(
        op.f("ix_transactions_message_id"), "transactions", ["message_id"], unique=False
    )
    op.create_index("ix_transactions_outcome_id", "transactions", ["outcome", "id"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("id", ulid, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mailbox_id", ulid, nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_accounts_mailbox_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("address", name=op.f("uq_accounts_address")),
    )
    op.create_table(
        "domains",
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.Column("accept", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("mailbox_id", ulid, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_domains_mailbox_id")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_domains")),
    )
    op.create_table(
        "messages",
        sa.Column("id", ulid, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=True),
        sa.Column("category_by", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("date", sa.BigInteger(), nullable=True),
        sa.Column("snippet", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("digested", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["transactions.id"], name=op.f("fk_messages_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(
        "ix_messages_archived",
        "messages",
        ["id"],
        unique=False,
        sqlite_where=sa.text("archived IS 1"),
        postgresql_where=sa.text("archived IS true"),
    )
    op.create_index("ix_messages_category_id", "messages", ["category", "id"], unique=False)
    op.create_index(
        "ix_messages_flagged",
        "messages",
        ["id"],
        unique=False,
        sqlite_where=sa.text("flagged IS 1"),
        postgresql_where=sa.text("flagged IS true"),
    )
    op.create_index(
        "ix_messages_held",
        "messages",
        ["id"],
        unique=False,
        sqlite_where=sa.text("held IS 1"),
        postgresql_where=sa.text("held IS true"),
    )
    op.create_index(
        "ix_messages_unread",
        "messages",
        ["id"],
        unique=False,
        sqlite_where=sa.text("seen IS 0"),
        postgresql_where=sa.text("seen IS false"),
    )
    op.create_table(
        "reports",
        sa.Column("transaction_id", ulid, nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("verdict", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("header_block", sa.LargeBinary(), nullable=True),
        sa.Column("received", sa.LargeBinary(), nullable=False),
        sa.Column("authentication_results", sa.LargeBinary(), nullable=False),
        sa.Column("forged", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["transactions.id"], name=op.f("fk_reports_transaction_id")
        ),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_reports")),
        postgresql_partition_by="RANGE (transaction_id)",
    )
    op.create_table(
        "sessions",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", ulid, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("fk_sessions_operator_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_operator_id"), "sessions", ["operator_id"], unique=False)
    op.create_table(
        "digests",
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("digest", sa.JSON(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_digests_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_digests")),
        postgresql_partition_by="RANGE (message_id)",
    )
    op.create_table(
        "message_mailboxes",
        sa.Column("mailbox_id", ulid, nullable=False),
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_message_mailboxes_mailbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_message_mailboxes_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("mailbox_id", "message_id", name=op.f("pk_message_mailboxes")),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (message_id)",
    )
    op.create_index(
        "ix_message_mailboxes_archived",
        "message_mailboxes",
        ["mailbox_id", "archived", "message_id"],
        unique=False,
        sqlite_where=sa.text("archived IS 1"),
        postgresql_where=sa.text("archived IS true"),
    )
    op.create_index(
        "ix_message_mailboxes_category",
        "message_mailboxes",
        ["mailbox_id", "category", "message_id"],
        unique=False,
    )
    op.create_index(
        "ix_message_mailboxes_flagged",
        "message_mailboxes",
        ["mailbox_id", "flagged", "message_id"],
        unique=False,
        sqlite_where=sa.text("flagged IS 1"),
        postgresql_where=sa.text("flagged IS true"),
    )
    op.create_index(
        "ix_message_mailboxes_held",
        "message_mailboxes",
        ["mailbox_id", "held", "message_id"],
        unique=False,
        sqlite_where=sa.text("held IS 1"),
        postgresql_where=sa.text("held IS true"),
    )
    op.create_index(
        op.f("ix_message_mailboxes_message_id"), "message_mailboxes", ["message_id"], unique=False
    )
    op.create_index(
        "ix_message_mailboxes_unread",
        "message_mailboxes",
        ["mailbox_id", "seen", "message_id"],
        unique=False,
        sqlite_where=sa.text("seen IS 0"),
        postgresql_where=sa.text("seen IS false"),
    )
