"""postern retention - how long mail is kept

  postern retention list [--json]
  postern retention add --days N [--mailbox M] [--category C] [--larger-than SIZE] [--bytes-only]
                        [--note TEXT]
  postern retention preview ID | --days N ... [--json]
  postern retention confirm ID|NAME
  postern retention remove ID
  postern retention age NAME DAYS
  postern retention confirm-clock

A rule deletes messages that are older than so many days, in one mailbox (its id, domain or
address), of one category, larger than a size (octets, or with k, M, G), or all of these; with
--bytes-only it deletes their exact bytes and keeps what was read of them. preview says how many
messages and octets a rule would remove today, and deletes nothing.
A new rule deletes nothing for 24 hours, so that a typing error harms nobody; confirm ends that.
age changes how long the bytes of refused mail (refused), held messages (held), the log of what is
here no more (log) and the audit log (audit) are kept; a shorter age begins in 24 hours too.
What is under a hold (postern hold) stays, whatever the rules are.
The worker deletes once an hour, unless the clock is more than a week ahead of the last time: then
nothing is deleted until the clock is right, or confirm-clock says that it is.
"""

import argparse

from cli.sizes import octets
from store.terms import RETENTION_CATEGORIES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(
        dest="what", required=True, metavar="list|add|preview|confirm|remove|age|confirm-clock"
    )
    listing = commands.add_parser("list", help="show rules and ages")
    listing.add_argument("--json", action="store_true")
    add = commands.add_parser("add", help="delete messages by a rule, from tomorrow on")
    _add_rule_arguments(add, required=True)
    add.add_argument("--note", default="", metavar="TEXT")
    looking = commands.add_parser("preview", help="what a rule would remove today")
    looking.add_argument("id", metavar="ID", nargs="?")
    _add_rule_arguments(looking, required=False)
    looking.add_argument("--json", action="store_true")
    confirming = commands.add_parser("confirm", help="let a rule or an age begin at once")
    confirming.add_argument("id", metavar="ID|NAME")
    removing = commands.add_parser("remove", help="follow a rule no longer")
    removing.add_argument("id", metavar="ID")
    age = commands.add_parser("age", help="keep refused, held, log or audit for so many days")
    age.add_argument("name", metavar="NAME")
    age.add_argument("days", metavar="DAYS", type=int)
    commands.add_parser("confirm-clock", help="the clock is right: delete again")


def _add_rule_arguments(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--days", type=int, metavar="N", required=required)
    parser.add_argument("--mailbox", metavar="M")
    parser.add_argument("--category", choices=RETENTION_CATEGORIES)
    parser.add_argument("--larger-than", metavar="SIZE", type=octets)
    parser.add_argument("--bytes-only", action="store_true")
