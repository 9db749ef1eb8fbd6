"""postern erase - erase one person's mail

  postern erase ADDRESS --preview [--json]
  postern erase ADDRESS [--mentions] [--yes] [--compact]
  postern erase --verify RECEIPT.json [ADDRESS]
  postern erase --compact

Removes what the person sent or was sent: messages with their bytes, what was read of them and what
is found by it, their rows of the log, refused mail, conversations, jobs, reply addresses; and the
address from the audit log. With --mentions also mail of others that names the address in its text.
--preview says how much that would be and removes nothing.
Without --yes the address has to be typed once more. It goes on in small steps while mail flows;
killed, it goes on when it is called again, or in the worker. At the end it prints a receipt (JSON,
signed with the key file, without the address); --verify says whether one is ours, and with ADDRESS
whether it is about that person. What is under a hold stays, and the receipt says so.
--compact afterwards overwrites what deleting leaves in the store's files. Backups, and the logs of
the system, are not reached by this.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("address", metavar="ADDRESS", nargs="?")
    parser.add_argument("--preview", action="store_true", help="say how much it would be")
    parser.add_argument("--mentions", action="store_true", help="also mail that names the address")
    parser.add_argument("--yes", action="store_true", help="do not ask for the address again")
    parser.add_argument("--compact", action="store_true", help="overwrite what was deleted")
    parser.add_argument("--verify", metavar="RECEIPT.json", type=Path)
    parser.add_argument("--json", action="store_true")
