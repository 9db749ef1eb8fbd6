"""The log: every attempt to hand over mail, refused ones included, with the whole report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mail.report import DnsEvidence


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """`q` finds text in addresses, subject, ids, client and reply; `outcome` is one of accepted,
    held, refused, deferred; `since` (inclusive) and `until` (exclusive) are aware."""

    q: str = ""
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransactionSummary:
    """One row of the log. `mail_from` is None for the null sender; `rcpt_to` are the accepted
    recipients (for a refused RCPT: the first refused one); `recipients` counts them all."""

    id: str
    received_at: datetime
    outcome: str
    door: str
    client_ip: str | None
    helo: str
    mail_from: str | None
    rcpt_to: tuple[str, ...]
    from_domain: str | None
    subject: str | None
    message_id: str | None
    size: int | None
    code: int
    enhanced: str
    text: str
    rule: str
    stage: str
    recipients: int
    duplicate_of: str | None


@dataclass(frozen=True, slots=True)
class TransactionDetail:
    """Everything about one transaction.

    `report` has the form of `mail.answer.answer_of`; None where no data were taken. `verdict`
    has the form of `mail.answer.verdict_of` and is always there. `header_block` is empty where
    there was none. `body_expires_at`: until when a refused message's bytes are kept.
    """

    summary: TransactionSummary
    report: dict[str, Any] | None
    verdict: dict[str, Any]
    evidence: tuple[DnsEvidence, ...]
    header_block: bytes
    received: bytes
    authentication_results: bytes
    forged: tuple[int, ...]
    sha256: str | None
    client_port: int
    extended: bool
    tls_version: str | None
    tls_cipher: str | None
    body: str
    smtputf8: bool
    body_expires_at: datetime | None
