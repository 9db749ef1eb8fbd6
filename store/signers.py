"""Whose DKIM signatures a stored message had: what is proved of its sender."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from store import schema
from store.database import Database

_reports = schema.reports


def read_signers(database: Database, identifier: str) -> frozenset[str]:
    """The domains whose signatures verified when the message was received. Raises StoreProblem."""
    query = select(_reports.c.report).where(_reports.c.transaction_id == identifier)
    with database.read() as connection:
        return signers_in(connection.execute(query).scalar())


def signers_in(report: Mapping[str, Any] | None) -> frozenset[str]:
    """The same, of a report in the form of `mail.answer.answer_of`; none where there is none."""
    signatures = report.get("dkim", ()) if report else ()
    return frozenset(one["domain"] for one in signatures if one.get("result") == "pass")
