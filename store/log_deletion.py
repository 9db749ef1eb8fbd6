"""The end of transactions: rows of the log with all that rests on them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from store import schema
from store.rows import address_keys

RECHECK = "recheck."
"""What the names of settings begin with that are about one transaction (`store.rechecks`)."""

_log = schema.transactions
_addresses = schema.transaction_addresses
_answers = schema.dns_answers
_reports = schema.reports

_ADDRESS = delete(_addresses).where(
    _addresses.c.address == bindparam("of"), _addresses.c.transaction_id == bindparam("key")
)
_LESS = (
    update(_answers)
    .where(_answers.c.hash == bindparam("of"))
    .values(uses=_answers.c.uses - bindparam("number"))
)


def forget_transactions(connection: Connection, identifiers: Sequence[str]) -> int:
    """Remove these rows and their addresses, reports, diagnoses and rechecks; DNS answers that no
    other report rests on go too. Their messages must be gone already."""
    query = select(_log.c.id, _log.c.mail_from, _log.c.rcpt_to)
    rows = connection.execute(query.where(_log.c.id.in_(identifiers))).all()
    if not rows:
        return 0
    gone = [row.id for row in rows]
    sides: list[dict[str, Any]] = [
        {"of": key, "key": row.id}
        for row in rows
        for key in address_keys(row.mail_from, row.rcpt_to)
    ]
    if sides:
        connection.execute(_ADDRESS, sides)
    _release_answers(connection, gone)
    settings, diagnoses = schema.settings, schema.diagnoses
    names = [RECHECK + one for one in gone]
    connection.execute(delete(settings).where(settings.c.name.in_(names)))
    connection.execute(delete(diagnoses).where(diagnoses.c.transaction_id.in_(gone)))
    connection.execute(delete(_reports).where(_reports.c.transaction_id.in_(gone)))
    connection.execute(delete(_log).where(_log.c.id.in_(gone)))
    return len(gone)


def _release_answers(connection: Connection, gone: Sequence[str]) -> None:
    uses: Counter[str] = Counter()
    query = select(_reports.c.evidence).where(_reports.c.transaction_id.in_(gone))
    for evidence in connection.execute(query).scalars():
        uses.update(hash_ for hash_, *_ in evidence or ())
    if not uses:
        return
    less = [{"of": hash_, "number": number} for hash_, number in sorted(uses.items())]
    connection.execute(_LESS, less)
    unused = delete(_answers).where(_answers.c.hash.in_(sorted(uses)), _answers.c.uses <= 0)
    connection.execute(unused)
