"""postern forwarder - forwarders of held and refused mail, and those that are trusted

  postern forwarder list [--json]
  postern forwarder trust ID [--days N] [--note TEXT]
  postern forwarder remove ID

list shows, as "offered", the paths that held and refused mail of the last 30 days took: which
destination of ours, who forwarded, and by what that is proved (spf: the MAIL FROM domain passed
SPF; seal: a valid ARC chain). An offer is no advice: anybody can forward to you. Trust a path if
you know who set it up; its mail to that destination is then accepted although DMARC fails, for 90
days or as many as you say. A running server knows within a second.
"""

import argparse
from datetime import datetime
from typing import Any

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem, SettingsProblem
from store.database import Database
from store.forward_paths import find_offers, list_paths, remove_path, trust_path

DAYS = 90


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="list|trust|remove")
    listing = commands.add_parser("list", help="show what is offered and what is trusted")
    listing.add_argument("--json", action="store_true")
    trusting = commands.add_parser("trust", help="trust a path that is offered")
    trusting.add_argument("id", metavar="ID")
    trusting.add_argument("--days", type=int, default=DAYS, metavar="N")
    trusting.add_argument("--note", default="", metavar="TEXT")
    removing = commands.add_parser("remove", help="trust a path no longer")
    removing.add_argument("id", metavar="ID")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0, or 1 if there is no such path."""
    now = build.now()
    with opened(config, create=False) as database:
        if arguments.what == "list":
            rows = [*_offered(database, now), *_trusted(database, now)]
            show(rows, as_json=arguments.json, empty="No forwarded mail was held or refused.")
            return 0
        if arguments.what == "remove":
            if not remove_path(database, arguments.id, now, by="cli"):
                raise Problem(f"{arguments.id} is no trusted path; postern forwarder list has all")
            print("That path is trusted no longer.")
            return 0
        offers = {one.id: one for one in find_offers(database, now)}
        if arguments.id not in offers:
            raise Problem(f"{arguments.id} is not offered; postern forwarder list shows what is")
        try:
            row = trust_path(
                database, offers[arguments.id], arguments.days, arguments.note, now, by="cli"
            )
        except ValueError as error:
            raise SettingsProblem(f"--days {arguments.days}: {error}") from None
    print(f"{row.path.forwarder or row.path.name} may forward to {row.destination}")
    print(f"until {row.expires_at:%Y-%m-%d}.")
    return 0


def _offered(database: Database, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "state": "offered",
            "destination": one.destination,
            "forwarder": one.path.forwarder,
            "proof": f"{one.path.known_by} {one.path.name}",
            "messages": one.held + one.refused,
            "until": "",
        }
        for one in find_offers(database, now)
    ]


def _trusted(database: Database, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "state": "trusted" if one.expires_at > now else "expired",
            "destination": one.destination,
            "forwarder": one.path.forwarder,
            "proof": f"{one.path.known_by} {one.path.name}",
            "messages": one.uses,
            "until": one.expires_at.date().isoformat(),
        }
        for one in list_paths(database)
    ]
