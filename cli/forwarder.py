"""What `postern forwarder` does. Its manual and its arguments: `cli/manual/forwarder.py`."""

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
