"""Where bytes lie and how they are coded.

Objects have names of their own; one from before is called by the hash alone. What is compressed
already must not be compressed again by PostgreSQL, which would also do that within our commit.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("blobs", sa.Column("object", sa.String(96), nullable=True))
    named = sa.text("object IS NOT NULL")
    op.create_index(
        "ix_blobs_named", "blobs", ["object"], sqlite_where=named, postgresql_where=named
    )
    op.create_table(
        "blob_objects",
        sa.Column("name", sa.String(96), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_blob_objects")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL")
