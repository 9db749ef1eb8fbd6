"""The machines that share a store, and an outbox in which kinds do not wait for each other."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ulid = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")


def upgrade() -> None:
    _outbox_by_kind()
    op.create_table(
        "nodes",
        sa.Column("instance", ulid, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("serve", ulid, nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("authserv_id", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("blobs", sa.Text(), nullable=False),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("instance", name=op.f("pk_nodes")),
    )


def _outbox_by_kind() -> None:
    """Each kind of job is looked for by itself; the old index had all of them in one queue."""
    op.drop_index("ix_outbox_state_due_at", table_name="outbox")
    for name, columns in (("waiting", ["kind", "due_at", "id"]), ("dead", ["id"])):
        where = sa.text(f"state = '{name}'")
        op.create_index(
            f"ix_outbox_{name}",
            "outbox",
            columns,
            unique=False,
            sqlite_where=where,
            postgresql_where=where,
        )
    if op.get_bind().dialect.name == "postgresql":
        # Every row is changed once and deleted soon after: without this the index would be walked
        # over dead rows until a fifth of the table is dead.
        op.execute(
            "ALTER TABLE outbox SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, "
            "autovacuum_vacuum_threshold = 1000)"
        )
