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
from typing import Any

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.sizes import octets
from cli.table import show
from mail.errors import Problem
from store.mailboxes import mailbox_named
from store.quotas import Load, Quota, list_loads, remove_quota, set_quota


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


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; a quota that is not there is a Problem."""
    with opened(config, create=False) as database:
        if arguments.what == "list":
            rows = [_row(load) for load in list_loads(database)]
            show(rows, as_json=arguments.json, empty="No mailboxes yet: postern domain add NAME")
            return 0
        mailbox = mailbox_named(database, arguments.mailbox)
        if arguments.what == "remove":
            if not remove_quota(database, mailbox, by="cli", now=build.now()):
                raise Problem(f"{arguments.mailbox} has no quota")
            print(f"{arguments.mailbox} may hold what there is.")
            return 0
        quota = Quota(arguments.messages, arguments.size, arguments.when_full == "defer")
        set_quota(database, mailbox, quota, by="cli", now=build.now())
        print(f"{arguments.mailbox} has a quota.")
    return 0


def _row(load: Load) -> dict[str, Any]:
    quota = load.quota or Quota()
    return {
        "mailbox": load.name,
        "messages": load.messages,
        "octets": load.octets,
        "most_messages": quota.messages,
        "most_octets": quota.octets,
        "percent": load.percent if load.quota else None,
        "when_full": ("defer" if quota.refuse else "warn") if load.quota else None,
    }
