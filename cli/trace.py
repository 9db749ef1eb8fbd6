"""What `postern trace` does. Its manual and its arguments: `cli/manual/trace.py`."""

import argparse
import sys

from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.moment import rfc3339
from store.transactions import TransactionSummary, trace


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 if nothing was found."""
    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    with opened(config, create=False) as database:
        found = trace(database, text, arguments.since, arguments.until, arguments.limit)
    rows = [_row(one) for one in found]
    show(rows, as_json=arguments.json, empty="Nothing was found.")
    return 0 if rows else 1


def _row(one: TransactionSummary) -> dict[str, object]:
    return {
        "id": one.id,
        "received_at": rfc3339(one.received_at.replace(microsecond=0)),
        "outcome": one.outcome,
        "reply": f"{one.code} {one.enhanced}",
        "client": one.client_ip,
        "mail_from": one.mail_from if one.mail_from is not None else "<>",
        "rcpt_to": list(one.rcpt_to),
        "message_id": one.message_id,
        "rule": one.rule,
        "text": one.text,
    }
