"""What `postern erase` does. Its manual and its arguments: `cli/manual/erase.py`."""

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
