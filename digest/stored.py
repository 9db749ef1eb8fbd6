"""The digest of a message that is in the store."""

from digest.digest import Digest, digest_message
from mail.envelope import Door
from store.database import Database
from store.messages import open_raw
from store.undigested import Undigested


def digest_stored(database: Database, message: Undigested) -> Digest:
    """Read its bytes, beside its envelope. Raises StoreProblem where they cannot be had."""
    mail_from = message.mail_from
    if mail_from is None and message.door == Door.SMTP:
        mail_from = ""
    return digest_message(open_raw(database, message.id), mail_from, message.rcpt_to)
