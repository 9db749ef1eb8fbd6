"""postern hold - what must not be deleted

  postern hold add [--message ID] [--address ADDRESS] [--mailbox M] [--since T] [--until T]
                   [--reason TEXT]
  postern hold list [--json]
  postern hold lift ID

A hold names a message, everything from or to an address, a mailbox (its id, domain or address), a
span of time (RFC 3339, or a date, in UTC), or several of these, which then must all fit. Nothing
that it fits is deleted, neither by a rule nor by an erasure nor by an operator, until it is lifted;
mail that comes later is held too. Every hold that is set or lifted is in the audit log.
"""

import argparse
from typing import Any

from cli import build
from cli.config import Config
from cli.moments import moment
from cli.opened import opened
from cli.table import show
from mail.errors import Problem
from store.holds import Hold, Wanted, lift_hold, list_holds, set_hold
from store.mailboxes import mailbox_named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="add|list|lift")
    add = commands.add_parser("add", help="hold what fits")
    add.add_argument("--message", metavar="ID")
    add.add_argument("--address", metavar="ADDRESS")
    add.add_argument("--mailbox", metavar="M")
    add.add_argument("--since", metavar="T", type=moment)
    add.add_argument("--until", metavar="T", type=moment)
    add.add_argument("--reason", default="", metavar="TEXT")
    listing = commands.add_parser("list", help="show all holds that ever were")
    listing.add_argument("--json", action="store_true")
    lifting = commands.add_parser("lift", help="let go of what a hold held")
    lifting.add_argument("id", metavar="ID")


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
