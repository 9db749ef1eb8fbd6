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
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cli import build
from cli.config import Config
from cli.keys import secret_box
from cli.opened import opened
from mail.errors import Problem, SettingsProblem
from store.database import Database
from store.erasure import ask_erasure, preview_erasure, run_erasure
from store.person import person_of
from store.receipts import is_genuine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("address", metavar="ADDRESS", nargs="?")
    parser.add_argument("--preview", action="store_true", help="say how much it would be")
    parser.add_argument("--mentions", action="store_true", help="also mail that names the address")
    parser.add_argument("--yes", action="store_true", help="do not ask for the address again")
    parser.add_argument("--compact", action="store_true", help="overwrite what was deleted")
    parser.add_argument("--verify", metavar="RECEIPT.json", type=Path)
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0, or 1 for a receipt that is not ours."""
    if arguments.verify is not None:
        return _verify(arguments, config)
    if arguments.address is None and not arguments.compact:
        raise SettingsProblem("erase needs an ADDRESS, --verify RECEIPT.json or --compact")
    with opened(config, create=False) as database:
        if arguments.address is not None and arguments.preview:
            _preview(database, arguments)
            return 0
        if arguments.address is not None:
            _erase(database, arguments, config)
        if arguments.compact:
            database.compact()
    return 0


def _preview(database: Database, arguments: argparse.Namespace) -> None:
    forecast = preview_erasure(database, arguments.address)
    if arguments.json:
        print(json.dumps(asdict(forecast)))
        return
    print(f"{forecast.messages} messages, {forecast.octets} octets")
    print(f"{forecast.transactions} other rows of the log")
    print(f"{forecast.held} are under a hold and would stay")
    print(f"{forecast.mentions} messages of others mention the address (--mentions erases them)")


def _erase(database: Database, arguments: argparse.Namespace, config: Config) -> None:
    person = person_of(arguments.address)
    if not arguments.yes:
        _confirm(person.address)
    asked = ask_erasure(
        database, person.address, mentions=arguments.mentions, by="cli", now=build.now()
    )
    done = run_erasure(database, secret_box(config), asked.id, build.now)
    if done.receipt is None:
        raise Problem(
            "mail waits for the worker (postern serve) to read it, and may be theirs: the erasure "
            "was asked for, and is done after that; repeat this for the receipt"
        )
    print(json.dumps(done.receipt, indent=2))


def _confirm(address: str) -> None:
    if not sys.stdin.isatty():
        raise SettingsProblem("no terminal to ask for the address again; use --yes")
    if input(f"All mail of {address} will be gone. Type the address: ").strip() != address:
        raise Problem("the two addresses differ; nothing was erased")


def _verify(arguments: argparse.Namespace, config: Config) -> int:
    receipt = _read(arguments.verify)
    wanted = arguments.address
    address = person_of(wanted).address if wanted is not None else None
    box = secret_box(config)
    if not box.exists:
        raise SettingsProblem("there is no key file here, so nothing can be verified")
    if is_genuine(box, receipt, address):
        print("This receipt is ours" + (f", and about {address}." if address else "."))
        return 0
    if address is not None and is_genuine(box, receipt):
        print(f"This receipt is ours, but not about {address}.")
    else:
        print("This receipt was not signed with a key of this key file, or it was altered.")
    return 1


def _read(path: Path) -> dict[str, Any]:
    try:
        receipt = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsProblem(f"{path} is no receipt: {error}") from None
    if not isinstance(receipt, dict):
        raise SettingsProblem(f"{path} is no receipt: it is no JSON object")
    return receipt
