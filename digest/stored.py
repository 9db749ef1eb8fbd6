"""The digest of a message that is in the store."""

from digest.apart.reader import Reader
from digest.apart.told import Told
from mail.envelope import Door
from store.database import Database
from store.messages import open_raw
from store.undigested import Undigested


def digest_stored(database: Database, message: Undigested, reader: Reader) -> Told:
    """Read its bytes, beside its envelope. Raises StoreProblem where they cannot be had."""
    mail_from = message.mail_from
    if mail_from is None and message.door == Door.SMTP:
        mail_from = ""
    return reader.read(open_raw(database, message.id), mail_from, message.rcpt_to)
