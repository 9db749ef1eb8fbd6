"""How long mail is kept, what must not be forgotten, and how much a mailbox may hold."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
