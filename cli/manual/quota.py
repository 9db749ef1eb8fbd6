"""postern quota - how much a mailbox may hold

  postern quota list [--json]
  postern quota set MAILBOX [--messages N] [--size SIZE] [--when-full warn|defer]
  postern quota remove MAILBOX

MAILBOX is an id, a domain or an address; SIZE is octets, or with k, M, G. At 80, 95 and 100 percent
the log, the metrics and the console say so. With --when-full defer the recipients of a full mailbox
are answered 452 4.2.2, so that senders keep their mail and try again; with warn, the default, mail
is taken all the same. Mail of bound accounts is always fetched.
"""

import argparse

from cli.sizes import octets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="list|set|remove")
    listing = commands.add_parser("list", help="show how full mailboxes are")
    listing.add_argument("--json", action="store_true")
    setting = commands.add_parser("set", help="give a mailbox a quota")
    setting.add_argument("mailbox", metavar="MAILBOX")
    setting.add_argument("--messages", type=int, metavar="N")
    setting.add_argument("--size", type=octets, metavar="SIZE")
    setting.add_argument("--when-full", choices=("warn", "defer"), default="warn")
    removing = commands.add_parser("remove", help="let a mailbox hold what there is")
    removing.add_argument("mailbox", metavar="MAILBOX")
