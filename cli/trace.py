"""postern trace - find transactions, refused ones included

TEXT is a transaction's id, a Message-ID, an address of the sender or a recipient, a domain, a
client's address, or a pasted block of header lines (in quotes, or - to read it from standard
input). --since and --until take 2026-11-01, 2026-11-01T08:00+08:00, or 2h and 3d for "ago".

Exit status 1 if nothing was found.
"""

import argparse
import sys

from cli.config import Config
from cli.moments import moment
from cli.opened import opened
from cli.table import show
from mail.moment import rfc3339
from store.transactions import TransactionSummary, trace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--since", type=moment, metavar="T")
    parser.add_argument("--until", type=moment, metavar="T")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="at most (100)")
    parser.add_argument("--json", action="store_true")


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
