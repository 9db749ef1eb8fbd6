"""The table of what a search looks in.

The indexes over it are the databases' own, and made by the migration alone: on SQLite an FTS5
table without content (`search_index`) that triggers keep, so that whatever removes a row, a
foreign key too, takes its words out of the index; on PostgreSQL a GIN index over the words as
tsvector.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from store.columns import Ulid
from store.metadata import metadata

# The words of each digested message, as `store.search.document` has them; `version` is that of
# the tokens. `number` is SQLite's: the row of the index, which grows with the time in the id.
search = Table(
    "search",
    metadata,
    Column("message_id", Ulid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("number", BigInteger),
    Column("version", Integer, nullable=False),
    Column("words", Text, nullable=False),
    postgresql_partition_by="RANGE (message_id)",
)

INDEX = "search_index"
"""The FTS5 table. The names of its own tables begin with it."""

LEXEMES = "ix_search_lexemes"
"""The GIN index."""

NUMBERS = "ix_search_number"
"""SQLite's index of `number`."""
