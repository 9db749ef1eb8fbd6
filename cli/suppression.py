"""postern suppression - addresses that no mail should go to

  postern suppression list [--search TEXT] [--reason hard|complaint|manual|unclear] [--json]
  postern suppression add ADDRESS [--note TEXT] [--days N]
  postern suppression remove ADDRESS [--note TEXT]
  postern suppression export [--search TEXT] [--reason REASON]

Reports fill the list by themselves: an address is dead by a structured report of a permanent
failure, or by two independent reports for people; a complaint counts at once. What reports say is
over after 180 days (postern retention age suppressed N), when the report is deleted or its category
is corrected, and when the person writes; a complaint stays. Refusals of which nobody knows what
they mean make an entry with the state "ask", which suppresses nothing. ADDRESS is added for good,
or for N days. export writes CSV; a cell that a spreadsheet would run has an apostrophe before it.
Every change by hand is in the audit log.
"""

import argparse
import sys
from datetime import timedelta
from typing import Any

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem
from store.suppression_csv import csv_lines
from store.suppressions import (
    REASONS,
    Suppression,
    SuppressionFilter,
    add_suppression,
    every_suppression,
    remove_suppression,
)

_MOST_DAYS = 36500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="list|add|remove|export")
    listing = commands.add_parser("list", help="show them, the latest reports first")
    listing.add_argument("--json", action="store_true")
    exporting = commands.add_parser("export", help="write them as CSV")
    for narrowed in (listing, exporting):
        narrowed.add_argument("--search", default="", metavar="TEXT")
        narrowed.add_argument("--reason", choices=REASONS)
    adding = commands.add_parser("add", help="suppress an address")
    adding.add_argument("--days", type=int, metavar="N")
    removing = commands.add_parser("remove", help="let mail go there again")
    for changing in (adding, removing):
        changing.add_argument("address", metavar="ADDRESS")
        changing.add_argument("--note", default="", metavar="TEXT")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; an address that is not suppressed cannot be removed, which is a Problem."""
    now = build.now()
    with opened(config, create=False) as database:
        if arguments.what == "add":
            end = now + _span(arguments.days) if arguments.days is not None else None
            made = add_suppression(
                database, arguments.address, arguments.note, by="cli", now=now, expires_at=end
            )
            print(f"No mail should go to {made.address}.")
        elif arguments.what == "remove":
            address, words = arguments.address, arguments.note
            if not remove_suppression(database, address, words, by="cli", now=now):
                raise Problem(f"{address} is not suppressed; postern suppression list shows who is")
            print(f"Mail may go to {address} again.")
        else:
            wanted = SuppressionFilter(arguments.search, arguments.reason)
            found = every_suppression(database, wanted, now=now)
            if arguments.what == "export":
                sys.stdout.writelines(csv_lines(found))
            else:
                rows = [_row(one) for one in found]
                show(rows, as_json=arguments.json, empty="No address is suppressed.")
    return 0


def _span(days: int) -> timedelta:
    if not 1 <= days <= _MOST_DAYS:
        raise Problem(f"{days} days cannot be: use 1 to {_MOST_DAYS}")
    return timedelta(days=days)


def _row(one: Suppression) -> dict[str, Any]:
    return {
        "address": one.address,
        "state": one.state.value,
        "reason": one.reason,
        "source": one.source,
        "last_seen": one.last_seen.isoformat(timespec="seconds"),
        "expires_at": one.expires_at.isoformat(timespec="seconds") if one.expires_at else None,
        "reports": len(one.evidence),
        "by": one.changed_by,
        "note": one.note,
    }
