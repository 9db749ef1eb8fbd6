"""The steps by which the schema grew, one file each; Alembic runs them."""
