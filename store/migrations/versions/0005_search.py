"""What a search looks in. The column that was searched before goes: the worker indexes anew."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ulid = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")

# Tokens of ours have no ASCII but letters and digits, and this tokenizer leaves all else alone.
# Without positions: next to each other is a question about the words themselves.
SQLITE = (
    "CREATE UNIQUE INDEX ix_search_number ON search (number)",
    "CREATE VIRTUAL TABLE search_index USING fts5("
    "words, content='', columnsize=0, detail=none, tokenize='ascii')",
    "CREATE TRIGGER search_in AFTER INSERT ON search BEGIN "
    "INSERT INTO search_index (rowid, words) VALUES (new.number, new.words); END",
    "CREATE TRIGGER search_out AFTER DELETE ON search BEGIN "
    "INSERT INTO search_index (search_index, rowid, words) "
    "VALUES ('delete', old.number, old.words); END",
    "CREATE TRIGGER search_anew AFTER UPDATE OF number, words ON search BEGIN "
    "INSERT INTO search_index (search_index, rowid, words) "
    "VALUES ('delete', old.number, old.words); "
    "INSERT INTO search_index (rowid, words) VALUES (new.number, new.words); END",
)

# The cost keeps the planner from computing this for each row instead of asking the index.
#
# New words are put down unsorted and sorted into the index some 500 messages at a time, which is
# much less work and a third of the log than to change a page for each word. Until then a search
# reads them from end to end: 2 MB at most of a month, some milliseconds. Whoever fills them up
# sorts them in, and so does autovacuum, after a tenth of the rows is new.
POSTGRESQL = (
    "CREATE FUNCTION postern_lexemes(words text) RETURNS tsvector LANGUAGE plpgsql "
    "IMMUTABLE STRICT PARALLEL SAFE COST 20000 AS $$ BEGIN "
    "RETURN array_to_tsvector(string_to_array(btrim(words), ' ')); END $$",
    "CREATE INDEX ix_search_lexemes ON search USING gin (postern_lexemes(words)) "
    "WITH (fastupdate = on, gin_pending_list_limit = 2048)",
)


def upgrade() -> None:
    op.create_table(
        "search",
        sa.Column("message_id", ulid, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_search_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search")),
        postgresql_partition_by="RANGE (message_id)",
    )
    is_server = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL if is_server else SQLITE:
        op.execute(sa.text(statement.replace(":", "\\:")))
    op.execute("ALTER TABLE digests DROP COLUMN search")
