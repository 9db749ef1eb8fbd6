"""The digest of a message that is in the store."""

from digest.digest import Digest, digest_message
from mail.envelope import Door
from store.database import Database
from store.messages import MessageDetail, open_raw


def digest_stored(database: Database, detail: MessageDetail) -> Digest:
    """Read its bytes and its envelope. Raises StoreProblem where the bytes cannot be had."""
    envelope = detail.transaction.summary
    mail_from = envelope.mail_from
    if mail_from is None and envelope.door == Door.SMTP:
        mail_from = ""
    return digest_message(open_raw(database, detail.summary.id), mail_from, envelope.rcpt_to)
