"""What `postern account` does. Its manual and its arguments: `cli/manual/account.py`."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli import build
from cli.config import Config
from cli.keys import secret_box
from cli.opened import opened
from cli.table import show
from mail.errors import Problem, SettingsProblem
from mail.reply import printable
from pull.causes import State
from pull.settings import check_account
from pull.status import Status, status_of
from store.accounts import (
    Account,
    add_account,
    get_account,
    get_status,
    list_accounts,
    remove_account,
    save_status,
)
from store.database import Database


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; everything else is a Problem that says why."""
    with opened(config) as database:
        if arguments.what == "add":
            return _add(arguments.from_file, database, config)
        if arguments.what == "list":
            return _list(database, as_json=arguments.json)
        account = _bound(database, arguments.address)
        if arguments.what == "remove":
            remove_account(database, account.id, build.now())
            print(f"{account.address} is fetched no more; its mail is kept.")
            return 0
        if arguments.what == "sync":
            _refuse_if_off(account)
            if not arguments.wait:
                return _ask(account, database)
        # Only what talks to the server itself needs what speaks IMAP and receives mail.
        from cli.fetching import fetch, try_out

        if arguments.what == "test":
            return try_out(account, database, config, as_json=arguments.json)
        status = asyncio.run(fetch(account, database, config))
        return _report(account, status, as_json=arguments.json)


def _add(file: str, database: Database, config: Config) -> int:
    given, beside = _read(file)
    account = add_account(
        database, secret_box(config), check_account(_with_secrets(given, beside)), build.now()
    )
    print(f"{account.address} is bound; try it: postern account test {account.address}")
    return 0


def _list(database: Database, *, as_json: bool) -> int:
    accounts = [(one, _status(database, one)) for one in list_accounts(database)]
    if as_json:
        full = [_account_json(account, status) for account, status in accounts]
        print(json.dumps(full, ensure_ascii=False, indent=2))
        return 0
    rows = [_row(account, status) for account, status in accounts]
    show(rows, as_json=False, empty="No mailbox is bound: postern account add --from-file FILE")
    return 0


def _row(account: Account, status: Status) -> dict[str, Any]:
    imap, sync = account.settings["imap"], account.settings["sync"]
    return {
        "address": account.address,
        "server": f"{imap['host']}:{imap['port']}",
        "every": f"{sync['interval_minutes']} min" if sync["enabled"] else "off",
        "state": _state(account, status).value,
        "stored": status.ledger.stored,
        "failed": status.ledger.failed,
        "last_success": status.as_json()["last_success"],
        "last_error": status.last_error["cause"] if status.last_error else None,
    }


def _state(account: Account, status: Status) -> State:
    return status.state if account.settings["sync"]["enabled"] else State.DISABLED


def _account_json(account: Account, status: Status) -> dict[str, Any]:
    shown = replace(status, state=_state(account, status))
    return {"id": account.id, **account.settings, "status": shown.as_json()}


def _ask(account: Account, database: Database) -> int:
    """Leave the wish where the worker looks every second."""
    due = replace(_status(database, account), next_run=build.now())
    save_status(database, account.id, due.as_json())
    print(f"A running worker fetches {account.address} now; --wait fetches without one.")
    return 0


def _refuse_if_off(account: Account) -> None:
    if not account.settings["sync"]["enabled"]:
        raise Problem(f"{account.address}: its sync is off; nothing is fetched")


def _report(account: Account, status: Status, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(status.as_json(), ensure_ascii=False, indent=2))
    if status.last_error is not None:
        error = status.last_error
        said = f' (the server said "{error["server_said"]}")' if error["server_said"] else ""
        raise Problem(
            f"{account.address}: {error['stage']}: {error['cause']}{said}; {error['cure']}"
        )
    if as_json:
        return 0
    ledger = status.ledger
    print(
        f"{account.address}: {ledger.on_server} messages on the server: {ledger.stored} stored, "
        f"{ledger.duplicates} duplicates, {ledger.deleted} deleted here, {ledger.failed} failed, "
        f"{ledger.unexplained} unexplained"
    )
    for failure in status.failures:
        print(f"  {printable(failure.folder)} UID {failure.uid}: {failure.cause}")
    return 0


def _bound(database: Database, address: str) -> Account:
    account = get_account(database, address)
    if account is None:
        raise Problem(f"{printable(address)} is not bound; postern account list shows what is")
    return account


def _status(database: Database, account: Account) -> Status:
    return status_of(get_status(database, account.id))


def _read(file: str) -> tuple[dict[str, Any], Path]:
    """The JSON object in the file, and the folder that paths in it are relative to."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        given = json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{file}: cannot be read: {error}") from None
    except ValueError as error:
        raise SettingsProblem(f"{file}: not valid JSON: {error}") from None
    if not isinstance(given, dict):
        raise SettingsProblem(f"{file}: must hold one account as a JSON object")
    return given, Path() if file == "-" else Path(file).parent


def _with_secrets(given: Mapping[str, Any], beside: Path) -> dict[str, Any]:
    """`given` with the passwords that it only names."""
    resolved = dict(given)
    for name in ("imap", "smtp"):
        section = given.get(name)
        if isinstance(section, Mapping) and isinstance(section.get("password"), Mapping):
            secret = _secret(section["password"], f"{name}.password", beside)
            resolved[name] = {**section, "password": secret}
    return resolved


def _secret(named: Mapping[str, Any], key: str, beside: Path) -> str:
    match dict(named):
        case {"env": str(variable), **rest} if not rest:
            if variable not in os.environ:
                raise SettingsProblem(f"{key}: the environment has no {printable(variable)}")
            return os.environ[variable]
        case {"file": str(path), **rest} if not rest:
            try:
                return (beside / path).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsProblem(f"{key}: {printable(path)} cannot be read: {error}") from None
        case _:
            raise SettingsProblem(f'{key}: must be text, {{"env": "NAME"}} or {{"file": "PATH"}}')
