"""The messages whose category a person chose are found without reading all the others."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_messages_corrected",
        "messages",
        ["id"],
        sqlite_where=sa.text("category_by IS NOT NULL"),
        postgresql_where=sa.text("category_by IS NOT NULL"),
    )
