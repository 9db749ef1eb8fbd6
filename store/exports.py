"""What goes out with a message beside its bytes: its envelope, our trace fields, who sorted it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from mail.received import Trace
from store import schema
from store.database import Database


@dataclass(frozen=True, slots=True)
class Letter:
    """`mail_from` is None for the null sender, and where nobody knows it; `category_by` is the
    person who chose the category, None where the digest did."""

    mail_from: str | None
    rcpt_to: tuple[str, ...]
    trace: Trace
    category_by: str | None


def letters_of(database: Database, identifiers: Sequence[str]) -> dict[str, Letter]:
    """For a page of messages; those that are gone meanwhile are missing."""
    log, reports, messages = schema.transactions, schema.reports, schema.messages
    query = (
        select(
            log.c.id,
            log.c.mail_from,
            log.c.rcpt_to,
            messages.c.category_by,
            reports.c.received,
            reports.c.authentication_results,
            reports.c.forged,
        )
        .join(messages, messages.c.id == log.c.id)
        .join(reports, reports.c.transaction_id == log.c.id)
        .where(log.c.id.in_(identifiers))
    )
    with database.read() as connection:
        return {
            row.id: Letter(
                row.mail_from,
                tuple(row.rcpt_to),
                Trace(row.received, row.authentication_results, tuple(row.forged or ())),
                row.category_by or None,
            )
            for row in connection.execute(query)
        }
