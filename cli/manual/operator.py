"""postern operator - the people who sign in to the console

  postern operator add NAME --role admin|operator|viewer [--password-stdin]
  postern operator list [--json]
  postern operator password NAME [--password-stdin]
  postern operator remove NAME

A viewer reads; an operator also works with mail; an admin also changes settings and people.
The password is asked for, or read as one line from standard input with --password-stdin; it
never stands on the command line, where other users of the machine could see it.
"""

import argparse

ROLES = ("admin", "operator", "viewer")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="add|list|password|remove")
    add = commands.add_parser("add", help="let somebody sign in")
    add.add_argument("name")
    add.add_argument("--role", choices=ROLES, default="operator")
    add.add_argument("--password-stdin", action="store_true")
    listing = commands.add_parser("list", help="show who may sign in")
    listing.add_argument("--json", action="store_true")
    password = commands.add_parser("password", help="set somebody's password")
    password.add_argument("name")
    password.add_argument("--password-stdin", action="store_true")
    remove = commands.add_parser("remove", help="let somebody sign in no longer")
    remove.add_argument("name")
