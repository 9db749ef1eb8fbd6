"""What `postern suppression` does. Its manual and its arguments: `cli/manual/suppression.py`."""

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
    Suppression,
    SuppressionFilter,
    add_suppression,
    every_suppression,
    remove_suppression,
)

_MOST_DAYS = 36500


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
