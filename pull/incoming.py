"""A fetched message on its way to `receive`: its envelope, told from what the provider left.

Nobody spoke SMTP with us, so there is no client, and MAIL FROM is known only where the provider's
final delivery noted it in Return-Path (RFC 5321 §4.4).
"""

from datetime import datetime

from mail.address import Address, parse_address, parse_reverse_path
from mail.envelope import Client, Door, Envelope, PulledFrom
from mail.errors import MailProblem
from mail.identifier import new_id
from mail.message import parse_message
from mail.raw import RawMessage


def pulled_envelope(
    address: str, mailbox: str, source: PulledFrom, raw: RawMessage, now: datetime
) -> Envelope:
    """The envelope of a message found at `source`, in the account `address`, for `mailbox`."""
    return Envelope(
        id=new_id(now),
        door=Door.IMAP,
        client=Client(ip=None),
        mail_from=return_path(raw),
        rcpt_to=(parse_address(address),),
        received_at=now,
        mailboxes=(mailbox,),
        pulled_from=source,
    )


def return_path(raw: RawMessage) -> Address | None:
    """The address in the topmost Return-Path, the last one written; None if it is `<>`, absent
    or no address. Lower ones tell of earlier deliveries and not of this one."""
    header = parse_message(raw).first("return-path")
    if header is None:
        return None
    text = header.value.decode("utf-8", "replace")
    try:
        return parse_reverse_path(text, smtputf8=True)
    except MailProblem:
        return None
