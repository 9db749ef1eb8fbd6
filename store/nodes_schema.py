"""The table of the programs that use this store."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from store.columns import Instant, Ulid
from store.metadata import metadata

# The programs that use this store, each with a row from its start to its end. `serve` is one for
# all programs of one `postern serve`; `machine` tells which processes can see each other's ids.
nodes = Table(
    "nodes",
    metadata,
    Column("instance", Ulid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("serve", Ulid, nullable=False),
    Column("machine", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("version", Text, nullable=False),
    Column("hostname", Text, nullable=False),
    Column("authserv_id", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("blobs", Text, nullable=False),
    Column("lost", Boolean, nullable=False),
)
