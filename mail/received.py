"""What goes to the store, and what comes back when it is on stable storage."""

from dataclasses import dataclass
from datetime import datetime

from mail.envelope import Envelope
from mail.message import Message
from mail.report import AuthReport
from mail.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Trace:
    """Our own trace fields, made beside the message and never inside it.

    `received` and `authentication_results` are whole fields with their folding and a final CRLF
    (RFC 5321 §4.4, RFC 8601 §2.2); `forged` are the positions in `Message.headers` of fields
    that claim to be ours and are left out where the message is exported for delivery
    (RFC 8601 §5).
    """

    received: bytes
    authentication_results: bytes
    forged: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """By what a verdict was reached: digests (hex) of the rules and of the settings in force.

    Equal digests mean that the same evidence leads to the same verdict; empty where unknown.
    """

    rules: str = ""
    settings: str = ""


UNKNOWN_BASIS = Basis()


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """All that is known of a transaction that got as far as its data, before it is saved."""

    envelope: Envelope
    message: Message
    report: AuthReport
    verdict: Verdict
    trace: Trace
    basis: Basis = UNKNOWN_BASIS


@dataclass(frozen=True, slots=True)
class RefusedEnvelope:
    """A transaction that got no further than MAIL or RCPT, or whose data were not taken.

    `stage` is mail, rcpt or data; `recipients` counts the refused recipients that share this row
    (one row per session, however long the flood); `announced_size` is SIZE's value, if any.
    """

    envelope: Envelope
    verdict: Verdict
    stage: str
    recipients: int = 1
    announced_size: int | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What is durable now. `duplicate_of` is the id of the first of two equal transactions
    (RFC 1047), or None."""

    id: str
    verdict: Verdict
    size: int
    sha256: str
    stored_at: datetime
    duplicate_of: str | None = None
