"""postern account - bind people's own mailboxes elsewhere, and fetch from them

  postern account add --from-file ACCOUNT.json   bind a mailbox; - reads standard input
  postern account list [--json]                  all of them, and how they are doing
  postern account test ADDRESS [--json]          sign in and look, fetch nothing
  postern account sync ADDRESS                   ask the running worker to fetch now
  postern account sync ADDRESS --wait [--json]   fetch now, and say what came of it
  postern account remove ADDRESS                 fetch no more; the mail that is here stays

ACCOUNT.json has address, name, description, imap, smtp and sync:

  {"address": "li@example.com",
   "imap": {"host": "imap.example.com", "password": {"env": "LI_PASSWORD"}},
   "sync": {"enabled": true, "interval_minutes": 5}}

A password is text, {"env": "NAME"} or {"file": "PATH"} (a path beside ACCOUNT.json); it is read
once, and kept encrypted. Port and encryption follow from each other: 993 with tls, 143 with
starttls. Nothing is ever changed or deleted on the server. POP3 is not offered.

`sync --wait` fetches by itself, also without a running worker; if the worker is at it, it waits.
A message that failed before is tried again.

Exit status: 0 done, 1 the server or the store said no (the line says at which stage, why, and
what to do), 2 wrong usage or a wrong account.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(
        dest="what", required=True, metavar="add|list|test|sync|remove"
    )
    add = commands.add_parser("add", help="bind a mailbox")
    add.add_argument("--from-file", required=True, metavar="ACCOUNT.json")
    listing = commands.add_parser("list", help="show the bound mailboxes")
    test = commands.add_parser("test", help="sign in and look, fetch nothing")
    sync = commands.add_parser("sync", help="fetch now")
    sync.add_argument("--wait", action="store_true", help="fetch here, and wait for the end")
    remove = commands.add_parser("remove", help="fetch no more; the mail stays")
    for command in (test, sync, remove):
        command.add_argument("address", metavar="ADDRESS")
    for command in (listing, test, sync):
        command.add_argument("--json", action="store_true")
