"""What `postern quota` does. Its manual and its arguments: `cli/manual/quota.py`."""

import argparse
from typing import Any

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem
from store.mailboxes import mailbox_named
from store.quotas import Load, Quota, list_loads, remove_quota, set_quota


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
