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

from cli.moments import moment


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
