"""The configuration's part about where mail is kept."""

from typing import Literal

from pydantic import Field

from cli.config_types import BlobsPlace, Secret, Section
from store.terms import INLINE_BYTES, LARGE_BYTES


class StoreConfig(Section):
    """Where mail is kept."""

    url: str | None = Field(
        None,
        description="A SQLAlchemy URL of SQLite or PostgreSQL, such as "
        "postgresql://postern:PASSWORD@db1,db2/postern (the server that takes writes is found). "
        "Default: SQLite in data_dir.",
    )
    blobs: BlobsPlace = Field(
        "local",
        description='Where large messages lie: "local" (files under data_dir; for one node), or '
        '"s3://bucket/prefix" (for one or many; needs a server that knows If-None-Match). Small '
        "ones are in the database.",
    )
    inline_bytes: int = Field(
        INLINE_BYTES,
        ge=LARGE_BYTES,
        le=16 * 1024 * 1024,
        description="A message of more octets is large.",
    )
    s3_endpoint: str | None = Field(
        None,
        pattern="https?://.+",
        description="Where the object store is served, such as https://s3.example.com:9000. "
        "Default: that of AWS in s3_region.",
    )
    s3_region: str | None = Field(None, description="Its region, such as eu-central-1.")
    s3_access_key: Secret = Field(
        None,
        description='The key to it, as text, { env = "NAME" } or { file = "PATH" }. Without it '
        "AWS's usual places are looked at: environment, container, instance.",
    )
    s3_secret_key: Secret = Field(None, description="Its secret part, in the same ways.")
    s3_timeout: float = Field(
        30.0,
        ge=1,
        le=60,
        description="Seconds for one request; all tries together have twice that.",
    )
    synchronous_commit: Literal["on", "remote_apply", "remote_write", "local"] = Field(
        "on",
        description="PostgreSQL: what 250 waits for. on: the disks of the server and of its "
        "synchronous standbys; remote_apply: also until they show it; remote_write: their memory; "
        "local: the server's disk only.",
    )
    connections: int = Field(
        8,
        ge=4,
        le=200,
        description="PostgreSQL: connections that each process opens at most. Processes of one "
        "node: smtp.workers, the console and the worker.",
    )
