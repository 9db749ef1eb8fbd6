"""What `postern hold` does. Its manual and its arguments: `cli/manual/hold.py`."""

import argparse
from typing import Any

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem
from store.holds import Hold, Wanted, lift_hold, list_holds, set_hold
from store.mailboxes import mailbox_named


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; a hold that is not there is a Problem."""
    with opened(config, create=False) as database:
        if arguments.what == "list":
            rows = [_row(hold) for hold in list_holds(database)]
            show(rows, as_json=arguments.json, empty="Nothing is held.")
        elif arguments.what == "lift":
            if not lift_hold(database, arguments.id, by="cli", now=build.now()):
                raise Problem(f"no hold {arguments.id} is in force; postern hold list shows them")
            print("That hold is lifted.")
        else:
            named = arguments.mailbox
            wanted = Wanted(
                arguments.message,
                arguments.address,
                mailbox_named(database, named) if named is not None else None,
                arguments.since,
                arguments.until,
            )
            hold = set_hold(database, wanted, arguments.reason, by="cli", now=build.now())
            print(hold.id)
    return 0


def _row(hold: Hold) -> dict[str, Any]:
    return {
        "id": hold.id,
        "message": hold.message,
        "address": hold.address,
        "mailbox": hold.mailbox,
        "since": hold.since.isoformat() if hold.since else None,
        "until": hold.until.isoformat() if hold.until else None,
        "reason": hold.reason,
        "set_by": hold.set_by,
        "set_at": hold.set_at.isoformat(),
        "lifted_by": hold.lifted_by,
        "lifted_at": hold.lifted_at.isoformat() if hold.lifted_at else None,
    }
