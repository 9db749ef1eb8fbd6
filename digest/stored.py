"""The digest of a message that is in the store."""

import json
from dataclasses import replace

from digest.apart.reader import Reader
from digest.apart.told import Told
from digest.confirmation import proved
from mail.envelope import Door
from store.database import Database
from store.messages import open_raw
from store.signers import read_signers
from store.undigested import Undigested


def digest_stored(database: Database, message: Undigested, reader: Reader) -> Told:
    """Read its bytes, beside its envelope. Raises StoreProblem where they cannot be had."""
    mail_from = message.mail_from
    if mail_from is None and message.door == Door.SMTP:
        mail_from = ""
    told = reader.read(open_raw(database, message.id), mail_from, message.rcpt_to)
    return _proved(told, database, message.id)


def _proved(told: Told, database: Database, identifier: str) -> Told:
    """A confirmation is one only where its provider signed it; most mail is none."""
    form = told.as_json() if b'"confirmation": {' in told.form else {}
    if not form.get("confirmation"):
        return told
    form = proved(form, read_signers(database, identifier))
    return replace(told, form=json.dumps(form).encode("ascii"))
