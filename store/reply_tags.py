"""What the handles in minted reply addresses stand for (`mail.reply_address`)."""

from datetime import datetime

from sqlalchemy import select

from mail.reply_address import ReplyTag
from store import schema
from store.database import Database
from store.upsert import insert_into

_tags = schema.reply_tags


def keep_tag(database: Database, handle: str, campaign: str, recipient: str, now: datetime) -> None:
    """Remember one; the same handle always stands for the same, so again changes nothing."""
    with database.write() as connection:
        row = insert_into(connection, _tags).values(
            handle=handle, campaign=campaign, recipient=recipient, created_at=now
        )
        connection.execute(row.on_conflict_do_nothing(index_elements=[_tags.c.handle]))


def find_tag(database: Database, tag: ReplyTag) -> ReplyTag | None:
    """The tag with campaign and recipient; None where its handle is not known here."""
    if not tag.handle:
        return tag
    query = select(_tags.c.campaign, _tags.c.recipient).where(_tags.c.handle == tag.handle)
    with database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else ReplyTag(row.campaign, row.recipient, tag.handle)
