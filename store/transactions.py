"""The log: every attempt to hand over mail, refused ones included, with the whole report."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
    true,
)

from mail.errors import StoreProblem
from mail.message import parse_message
from mail.report import DnsEvidence
from store import schema
from store.blobs import Blobs
from store.clues import Clues, clues_of
from store.database import Database
from store.fold import words_of
from store.page import Page, bounded, cursor_of, first_id, id_of, last_id

_log = schema.transactions


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """`q` finds text in addresses, subject, ids, client and reply; `outcome` is one of accepted,
    held, refused, deferred; `since` (inclusive) and `until` (exclusive) are aware. With
    `sees_confirmations` False, the subject of a forwarding confirmation is not looked at: it has
    the code."""

    q: str = ""
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sees_confirmations: bool = True


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
    `diagnosis` says what broke its signatures, once that was found out (`store.diagnoses`).
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
    diagnosis: dict[str, Any] | None = None


def find_transactions(
    database: Database, wanted: TransactionFilter, limit: int, cursor: str | None = None
) -> Page[TransactionSummary]:
    """A page of the log, newest first. Raises ValueError for a cursor that is not ours."""
    conditions = [*_within(wanted.since, wanted.until), *_matching(wanted)]
    if wanted.outcome is not None:
        conditions.append(_log.c.outcome == wanted.outcome)
    if cursor is not None:
        conditions.append(_log.c.id < id_of(cursor))
    limit = bounded(limit)
    query = select(_log).where(*conditions).order_by(_log.c.id.desc()).limit(limit + 1)
    with database.read() as connection:
        found = [summary_of(row) for row in connection.execute(query)]
    more = cursor_of(found[limit - 1].id) if len(found) > limit else None
    return Page(tuple(found[:limit]), more)


def get_transaction(database: Database, identifier: str) -> TransactionDetail | None:
    """Everything about one transaction, or None."""
    with database.read() as connection:
        return read_transaction(connection, database.blobs, identifier)


def trace(
    database: Database,
    text: str,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
) -> tuple[TransactionSummary, ...]:
    """The transactions that `text` leads to, newest first: an id, a Message-ID, an address of
    either side, a domain, a client's address, or a pasted header block."""
    window, limit = list(_within(since, until)), bounded(limit)
    found: dict[str, TransactionSummary] = {}
    with database.read() as connection:
        for way in _ways(clues_of(text)):
            query = way.where(*window).limit(limit)
            found |= {row.id: summary_of(row) for row in connection.execute(query)}
    return tuple(found[key] for key in sorted(found, reverse=True)[:limit])


def read_transaction(
    connection: Connection, blobs: Blobs, identifier: str
) -> TransactionDetail | None:
    """`get_transaction` on a connection that is open already."""
    diagnoses = schema.diagnoses
    query = (
        select(_log, schema.reports, diagnoses.c.diagnosis)
        .join(schema.reports)
        .outerjoin(diagnoses, diagnoses.c.transaction_id == _log.c.id)
        .where(_log.c.id == identifier)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return TransactionDetail(
        summary=summary_of(row),
        report=row.report,
        verdict=row.verdict or row.report["verdict"],
        evidence=_evidence(connection, row.evidence or []),
        header_block=_header_block(connection, blobs, row),
        received=row.received,
        authentication_results=row.authentication_results,
        forged=tuple(row.forged or ()),
        sha256=row.sha256,
        client_port=row.client_port,
        extended=row.extended,
        tls_version=row.tls_version,
        tls_cipher=row.tls_cipher,
        body=row.body,
        smtputf8=row.smtputf8,
        body_expires_at=row.body_expires_at,
        diagnosis=row.diagnosis,
    )


def summary_of(row: Any) -> TransactionSummary:
    """A row of the table as a value."""
    return TransactionSummary(
        id=row.id,
        received_at=row.received_at,
        outcome=row.outcome,
        door=row.door,
        client_ip=row.client_ip,
        helo=row.helo,
        mail_from=row.mail_from,
        rcpt_to=tuple(row.rcpt_to),
        from_domain=row.from_domain,
        subject=row.subject,
        message_id=row.message_id,
        size=row.size,
        code=row.code,
        enhanced=row.enhanced,
        text=row.text,
        rule=row.rule,
        stage=row.stage,
        recipients=row.recipients,
        duplicate_of=row.duplicate_of,
    )


def _within(since: datetime | None, until: datetime | None) -> Iterator[ColumnElement[bool]]:
    if since is not None:
        yield _log.c.id >= first_id(since)
        yield _log.c.received_at >= since
    if until is not None:
        yield _log.c.id <= last_id(until)
        yield _log.c.received_at < until


def _matching(wanted: TransactionFilter) -> list[ColumnElement[bool]]:
    """Every word of `q` somewhere in the row, without regard to case."""
    columns = (
        _log.c.id,
        _log.c.client_ip,
        _log.c.helo,
        _log.c.mail_from,
        _log.c.from_domain,
        _log.c.message_id,
        _log.c.text,
        _log.c.rule,
        cast(_log.c.rcpt_to, Text),
    )
    open_to_all = true() if wanted.sees_confirmations else _subject_is_open()
    return [
        or_(
            *(func.lower(column).contains(word, autoescape=True) for column in columns),
            and_(func.lower(_log.c.subject).contains(word, autoescape=True), open_to_all),
        )
        for word in words_of(wanted.q)
    ]


def _subject_is_open() -> ColumnElement[bool]:
    """Whether the subject is for everybody who may read the log: the message is known to be no
    forwarding confirmation, or there is none. One that nobody has digested yet may be one."""
    messages, digests = schema.messages, schema.digests
    same = messages.c.id == func.coalesce(_log.c.duplicate_of, _log.c.id)
    maybe_one = (
        select(messages.c.id)
        .outerjoin(digests, digests.c.message_id == messages.c.id)
        .where(same)
        .where(
            or_(
                digests.c.message_id.is_(None),
                digests.c.digest["confirmation"].as_string().is_not(None),
            )
        )
        .correlate(_log)
    )
    return ~maybe_one.exists()


def _ways(clues: Clues) -> Iterator[Select[Any]]:
    """One query per clue, newest first. Each walks an index in that order, so that one that
    fits a million rows ends when it has enough."""
    rows = select(_log).order_by(_log.c.id.desc())
    if clues.ids:
        yield rows.where(_log.c.id.in_(clues.ids))
        yield rows.where(_log.c.duplicate_of.in_(clues.ids))
    if clues.message_ids:
        yield rows.where(_log.c.message_id.in_(clues.message_ids))
    for domain in clues.domains:
        yield rows.where(_log.c.from_domain == domain)
    for client in clues.clients:
        yield rows.where(_log.c.client_ip == client)
    table = schema.transaction_addresses
    for address in (*clues.addresses, *(f"@{domain}" for domain in clues.domains)):
        yield (
            select(_log)
            .join(table, table.c.transaction_id == _log.c.id)
            .where(table.c.address == address)
            .order_by(table.c.transaction_id.desc())
        )


def _evidence(connection: Connection, kept: list[list[Any]]) -> tuple[DnsEvidence, ...]:
    """The DNS answers of a report, each looked up by its hash."""
    table = schema.dns_answers
    query = select(table).where(table.c.hash.in_([hash_ for hash_, *_ in kept]))
    answers = {row.hash: row for row in connection.execute(query)} if kept else {}
    return tuple(
        DnsEvidence(
            row.name,
            row.rdtype,
            row.status,
            tuple(row.records),
            ttl,
            server,
            datetime.fromisoformat(at),
        )
        for hash_, ttl, server, at in kept
        if (row := answers.get(hash_)) is not None
    )


def _header_block(connection: Connection, blobs: Blobs, row: Any) -> bytes:
    """Kept in the log for what we did not keep; part of the message's bytes for what we did."""
    if row.header_block is not None:
        return bytes(row.header_block)
    if row.sha256 is None:
        return b""
    try:
        return parse_message(blobs.open_within(connection, row.sha256)).header_block
    except StoreProblem:
        return b""  # whoever opens the message itself is told
