"""The configuration's part about where mail is kept."""

from typing import Literal

from pydantic import Field

from cli.config_types import Section


class StoreConfig(Section):
    """Where mail is kept."""

    url: str | None = Field(
        None,
        description="A SQLAlchemy URL of SQLite or PostgreSQL, such as "
        "postgresql://postern:PASSWORD@db1,db2/postern (the server that takes writes is found). "
        "Default: SQLite in data_dir.",
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
