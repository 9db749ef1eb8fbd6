"""What a test wants to know of the objects of a store, and of its ledger of them."""

from pathlib import Path

from sqlalchemy import select

from store import schema
from store.blobs.place import key_of
from store.database import Database


def files_of(database: Database) -> list[Path]:
    """The files in the folder of large messages, half ones too."""
    return sorted(path for path in folder_of(database).rglob("*") if path.is_file())


def folder_of(database: Database) -> Path:
    """The folder of large messages."""
    return database.settings.data_dir / "blobs"


def object_of(database: Database, sha256: str) -> Path:
    """The file on which a large message rests."""
    name = row_of(database, sha256)["object"]
    return folder_of(database) / key_of(str(name or sha256))


def row_of(database: Database, sha256: str) -> dict[str, object]:
    """A row of `blobs`."""
    with database.read() as connection:
        query = select(schema.blobs).where(schema.blobs.c.sha256 == sha256)
        return dict(connection.execute(query).mappings().one())


def ledger_of(database: Database) -> dict[str, str]:
    """The objects on their way: state by name."""
    with database.read() as connection:
        rows = connection.execute(select(schema.blob_objects))
        return {row.name: row.state for row in rows}
