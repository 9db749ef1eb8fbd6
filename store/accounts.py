"""Bound accounts: people's own mailboxes elsewhere, how they are reached, and how far we read.

The settings are JSON in the contract's shape. Whatever is a secret in them is taken out, sealed
(`store.secrets`) and kept apart; nothing but `open_secrets` gives it back.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mail.errors import SettingsProblem
from mail.identifier import new_id
from store import schema
from store.audit import note
from store.columns import storable_json
from store.database import Database
from store.pulled import Taken, list_taken, was_pulled
from store.secrets import SecretBox
from store.upsert import insert_into

__all__ = [
    "Account",
    "Cursor",
    "Taken",
    "add_account",
    "change_account",
    "get_account",
    "get_cursor",
    "get_status",
    "list_accounts",
    "list_taken",
    "open_secrets",
    "remove_account",
    "save_cursor",
    "save_status",
    "was_pulled",
]

SECTIONS = ("imap", "smtp")
SECRET_KEYS = ("password", "client_secret", "refresh_token", "access_token")
"""What is sealed in the sections `imap` and `smtp`."""

_accounts = schema.accounts
_cursors = schema.account_cursors


@dataclass(frozen=True, slots=True)
class Account:
    """`settings` is the account as JSON without its secrets; where one is set, its key has the
    value `{"set": true}`. `mailbox` is the id of the mailbox that its messages lie in."""

    id: str
    address: str
    mailbox: str
    settings: dict[str, Any]
    created_at: datetime
    changed_at: datetime

    @property
    def sync(self) -> dict[str, Any]:
        """Whether and how often it is read."""
        return dict(self.settings.get("sync") or {})


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read: every message up to `last_uid` was looked at."""

    uidvalidity: int
    last_uid: int


def add_account(
    database: Database,
    box: SecretBox,
    account: Mapping[str, Any],
    now: datetime,
    by: str = "cli",
) -> Account:
    """Bind an account; it gets a mailbox, or the one that it had before it was removed.

    Raises SettingsProblem where the address is bound already.
    """
    address = _address(account)
    with database.write() as connection:
        known = select(_accounts.c.id).where(_accounts.c.address == address)
        if connection.execute(known).first() is not None:
            raise SettingsProblem(f"{address} is bound already")
        identifier, mailbox = _bound_mailbox(connection, account, address, now)
        settings, sealed = _sealed(account, box, identifier)
        row = {
            "id": identifier,
            "address": address,
            "mailbox_id": mailbox,
            "settings": settings,
            "secrets": sealed,
            "status": {},
            "created_at": now,
            "changed_at": now,
        }
        connection.execute(insert(_accounts).values(row))
        note(connection, by, "account.add", address, now)
    return Account(identifier, address, mailbox, settings, now, now)


def change_account(
    database: Database,
    box: SecretBox,
    identifier: str,
    account: Mapping[str, Any],
    now: datetime,
    by: str = "cli",
) -> Account | None:
    """Give an account new settings. A secret that is absent or `{"set": true}` stays as it was.

    None: no such account. Raises SettingsProblem if the address is another one.
    """
    with database.write() as connection:
        row = _row(connection, identifier)
        if row is None:
            return None
        if _address(account) != row.address:
            raise SettingsProblem(
                "An account's address cannot change: bind the other one beside it"
            )
        before = json.loads(box.open(row.secrets, identifier))
        settings, sealed = _sealed(account, box, identifier, before)
        changed = update(_accounts).where(_accounts.c.id == identifier)
        connection.execute(changed.values(settings=settings, secrets=sealed, changed_at=now))
        name = update(schema.mailboxes).where(schema.mailboxes.c.id == row.mailbox_id)
        connection.execute(name.values(name=settings.get("name") or row.address))
        note(connection, by, "account.change", row.address, now)
    return Account(identifier, row.address, row.mailbox_id, settings, row.created_at, now)


def list_accounts(database: Database) -> tuple[Account, ...]:
    """All bound accounts, by address."""
    with database.read() as connection:
        query = select(_accounts).order_by(_accounts.c.address)
        return tuple(_account(row) for row in connection.execute(query))


def get_account(database: Database, wanted: str) -> Account | None:
    """The account with this id or address, or None."""
    with database.read() as connection:
        row = _row(connection, wanted)
    return None if row is None else _account(row)


def remove_account(database: Database, identifier: str, now: datetime, by: str = "cli") -> bool:
    """Read it no more, and forget its secrets. Its mailbox and mail stay, and so does what was
    pulled: bound again, it goes on where it was. False: no such account."""
    with database.write() as connection:
        row = _row(connection, identifier)
        if row is None:
            return False
        connection.execute(delete(_accounts).where(_accounts.c.id == row.id))
        note(connection, by, "account.remove", row.address, now)
    return True


def open_secrets(database: Database, box: SecretBox, identifier: str) -> dict[str, dict[str, str]]:
    """The secrets by section and key, such as `["imap"]["password"]`. Raises StoreProblem where
    they cannot be opened, and SettingsProblem where there is no such account."""
    with database.read() as connection:
        row = _row(connection, identifier)
    if row is None:
        raise SettingsProblem(f"There is no account {identifier}")
    opened: dict[str, dict[str, str]] = json.loads(box.open(row.secrets, row.id))
    return opened


def save_status(database: Database, identifier: str, status: Mapping[str, Any]) -> None:
    """Keep how an account is doing (JSON of the reader's own); nothing if it was removed."""
    with database.write() as connection:
        changed = update(_accounts).where(_accounts.c.id == identifier)
        connection.execute(changed.values(status=dict(status)))


def get_status(database: Database, identifier: str) -> dict[str, Any] | None:
    """What `save_status` kept last; empty before, None where there is no such account."""
    with database.read() as connection:
        query = select(_accounts.c.status).where(_accounts.c.id == identifier)
        row = connection.execute(query).first()
    return None if row is None else dict(row.status)


def get_cursor(database: Database, identifier: str, folder: str) -> Cursor | None:
    """How far this folder was read, or None."""
    query = select(_cursors.c.uidvalidity, _cursors.c.last_uid).where(
        _cursors.c.account_id == identifier, _cursors.c.folder == folder
    )
    with database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else Cursor(row.uidvalidity, row.last_uid)


def save_cursor(database: Database, identifier: str, folder: str, cursor: Cursor) -> None:
    """Remember how far a folder was read; only after what was read is saved."""
    with database.write() as connection:
        anew = insert_into(connection, _cursors).values(
            account_id=identifier,
            folder=folder,
            uidvalidity=cursor.uidvalidity,
            last_uid=cursor.last_uid,
        )
        connection.execute(
            anew.on_conflict_do_update(
                index_elements=[_cursors.c.account_id, _cursors.c.folder],
                set_={
                    "uidvalidity": anew.excluded.uidvalidity,
                    "last_uid": anew.excluded.last_uid,
                },
            )
        )


def _address(account: Mapping[str, Any]) -> str:
    address = str(account.get("address") or "").strip()
    if not address:
        raise SettingsProblem("The account has no address")
    return address


def _bound_mailbox(
    connection: Connection, account: Mapping[str, Any], address: str, now: datetime
) -> tuple[str, str]:
    """The account's id and its mailbox's; those that it had before, where it was here before."""
    table = schema.mailboxes
    query = select(table).where(table.c.kind == "bound", table.c.address == address)
    found = connection.execute(query).first()
    if found is not None:
        return found.account_id, found.id
    identifier, mailbox = new_id(now), new_id(now)
    row = {
        "id": mailbox,
        "kind": "bound",
        "name": account.get("name") or address,
        "address": address,
        "account_id": identifier,
        "created_at": now,
    }
    connection.execute(insert(table).values(row))
    return identifier, mailbox


def _sealed(
    account: Mapping[str, Any],
    box: SecretBox,
    identifier: str,
    before: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[dict[str, Any], bytes]:
    """The settings without secrets, and the secrets sealed; those of `before` where none is new."""
    settings: dict[str, Any] = storable_json(dict(account))
    found = {name: dict((before or {}).get(name, {})) for name in SECTIONS}
    for name in SECTIONS:
        section = settings.get(name)
        if not isinstance(section, dict):
            found[name] = {}
            continue
        for key in SECRET_KEYS:
            value = section.pop(key, None)
            if isinstance(value, str) and value:
                found[name][key] = value
            if key in found[name]:
                section[key] = {"set": True}
    return settings, box.seal(json.dumps(found), identifier)


def _row(connection: Connection, wanted: str) -> Any:
    """By id, else by address."""
    by_id = connection.execute(select(_accounts).where(_accounts.c.id == wanted)).first()
    if by_id is not None:
        return by_id
    return connection.execute(select(_accounts).where(_accounts.c.address == wanted)).first()


def _account(row: Any) -> Account:
    return Account(
        row.id, row.address, row.mailbox_id, row.settings, row.created_at, row.changed_at
    )
