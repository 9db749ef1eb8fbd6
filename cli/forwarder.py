"""postern forwarder - forwarders of held and refused mail, and those that are trusted

  postern forwarder list [--json]
  postern forwarder trust ID [--days N] [--note TEXT]
  postern forwarder dismiss ID
  postern forwarder remove ID

list shows, as "offered", the paths that held and refused mail of the last 30 days took: which
destination of ours, who forwarded, and by what that is proved (spf: the MAIL FROM domain passed
SPF; client: the client's confirmed name is in the forwarder's domain; seal: a valid ARC chain). An
offer is no advice: anybody can forward to you, and "unproven" names what nobody has proved. Trust
a path if you know who set it up; its mail to that destination is then accepted although DMARC
fails, for 90 days or as many as you say. A running server knows within a second.
dismiss an offer that you do not want to see again; remove ends a trust.
"""

import argparse
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem, SettingsProblem
from store.database import Database
from store.forward_paths import (
    dismiss_offer,
    list_paths,
    look_for_offers,
    remove_path,
    trust_path,
)

DAYS = 90


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(
        dest="what", required=True, metavar="list|trust|dismiss|remove"
    )
    listing = commands.add_parser("list", help="show what is offered and what is trusted")
    listing.add_argument("--json", action="store_true")
    trusting = commands.add_parser("trust", help="trust a path that is offered")
    trusting.add_argument("id", metavar="ID")
    trusting.add_argument("--days", type=int, default=DAYS, metavar="N")
    trusting.add_argument("--note", default="", metavar="TEXT")
    dismissing = commands.add_parser("dismiss", help="do not offer a path any more")
    dismissing.add_argument("id", metavar="ID")
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
        offer = look_for_offers(database, now).find(arguments.id)
        if offer is None:
            raise Problem(f"{arguments.id} is not offered; postern forwarder list shows what is")
        if arguments.what == "dismiss":
            dismiss_offer(database, offer, now, by="cli")
            print("That path is offered no longer.")
            return 0
        try:
            row = trust_path(database, offer, arguments.days, arguments.note, now, by="cli")
        except ValueError as error:
            raise SettingsProblem(f"--days {arguments.days}: {error}") from None
    print(f"{row.path.forwarder or row.path.name} may forward to {row.destination}")
    print(f"until {row.expires_at:%Y-%m-%d}.")
    return 0


def _offered(database: Database, now: datetime) -> Iterator[dict[str, Any]]:
    offers = look_for_offers(database, now)
    for state, found in (("offered", offers.waiting), ("dismissed", offers.dismissed)):
        for one in found:
            yield {
                "id": one.id,
                "state": state,
                "destination": one.destination,
                "forwarder": one.path.forwarder,
                "proof": f"{one.path.known_by} {one.path.name}",
                "messages": one.messages,
                "until": "",
                "unproven": [doubt.value for doubt in one.unproven],
            }


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
            "unproven": [],
        }
        for one in list_paths(database)
    ]
