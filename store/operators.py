"""The people who sign in to the console, and their sessions.

Passwords are kept as Argon2id hashes; of a session's secret only the SHA-256 is kept (it is
random, so a fast hash is enough), so that a copy of the store opens no console.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, delete, insert, select, update

from mail.errors import SettingsProblem
from mail.identifier import new_id
from store import schema
from store.audit import note
from store.columns import storable
from store.database import Database

ROLES = ("admin", "operator", "viewer")

SESSION_IDLE = timedelta(hours=12)
"""A session ends when nobody uses it for so long."""

SESSION_LIFE = timedelta(days=30)
"""A session ends after this in any case."""

_SEEN_EVERY = timedelta(minutes=5)
_operators = schema.operators
_sessions = schema.sessions


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may sign in. `role` is admin, operator or viewer."""

    id: str
    name: str
    role: str
    created_at: datetime


def add_operator(
    database: Database, name: str, role: str, password: str, now: datetime, by: str = "cli"
) -> Operator:
    """Let somebody sign in. Raises SettingsProblem for a name that is taken or empty, or a role
    that there is not."""
    name = storable(name.strip(), 200)
    if not name:
        raise SettingsProblem("An operator needs a name")
    if role not in ROLES:
        raise SettingsProblem(f"The role {role!r} is not one of {', '.join(ROLES)}")
    operator = Operator(new_id(now), name, role, now)
    hashed = _hasher().hash(password)
    with database.write() as connection:
        if _row(connection, name) is not None:
            raise SettingsProblem(f"There is an operator named {name} already")
        connection.execute(
            insert(_operators).values(
                id=operator.id,
                name=name,
                role=role,
                password_hash=hashed,
                created_at=now,
                password_set_at=now,
            )
        )
        note(connection, by, "operator.add", name, now, role=role)
    return operator


def list_operators(database: Database) -> tuple[Operator, ...]:
    """All operators, by name."""
    with database.read() as connection:
        query = select(_operators).order_by(_operators.c.name)
        return tuple(_operator(row) for row in connection.execute(query))


def remove_operator(database: Database, name: str, now: datetime, by: str = "cli") -> bool:
    """Let somebody sign in no more; their sessions end. False: no such operator."""
    with database.write() as connection:
        gone = connection.execute(delete(_operators).where(_operators.c.name == name)).rowcount
        if gone:
            note(connection, by, "operator.remove", name, now)
    return bool(gone)


def set_password(
    database: Database, name: str, password: str, now: datetime, by: str = "cli"
) -> bool:
    """Give an operator a new password; all their sessions end. False: no such operator."""
    hashed = _hasher().hash(password)
    with database.write() as connection:
        row = _row(connection, name)
        if row is None:
            return False
        changed = update(_operators).where(_operators.c.id == row.id)
        connection.execute(changed.values(password_hash=hashed, password_set_at=now))
        connection.execute(delete(_sessions).where(_sessions.c.operator_id == row.id))
        note(connection, by, "operator.password", name, now)
    return True


def check_password(database: Database, name: str, password: str) -> Operator | None:
    """The operator, if the password is theirs. An unknown name costs the same work."""
    with database.read() as connection:
        row = _row(connection, storable(name))
    try:
        _hasher().verify(_nobody() if row is None else row.password_hash, storable(password))
    except (Argon2Error, InvalidHashError):
        return None
    return None if row is None else _operator(row)


def open_session(database: Database, operator: Operator, now: datetime, client: str = "") -> str:
    """A new session's secret, for a cookie; only its hash is stored. `client` is who asked, for
    the list of sessions. Sessions that are over are cleared away."""
    secret = secrets.token_urlsafe(32)
    with database.write() as connection:
        connection.execute(delete(_sessions).where(_sessions.c.expires_at <= now))
        connection.execute(
            insert(_sessions).values(
                secret_hash=hash_of(secret),
                operator_id=operator.id,
                created_at=now,
                seen_at=now,
                expires_at=now + SESSION_IDLE,
                client=storable(client, 200),
            )
        )
    return secret


def find_session(database: Database, secret: str, now: datetime) -> Operator | None:
    """Whose session it is, or None if it is over or never was. Use keeps it alive."""
    key = hash_of(secret)
    query = (
        select(_operators, _sessions.c.seen_at, _sessions.c.created_at.label("opened_at"))
        .join(_sessions)
        .where(_sessions.c.secret_hash == key, _sessions.c.expires_at > now)
    )
    with database.read() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    if now - row.seen_at >= _SEEN_EVERY:
        ends = min(now + SESSION_IDLE, row.opened_at + SESSION_LIFE)
        with database.write() as connection:
            used = update(_sessions).where(_sessions.c.secret_hash == key)
            connection.execute(used.values(seen_at=now, expires_at=ends))
    return _operator(row)


def close_session(database: Database, secret: str) -> None:
    """End a session; nothing happens where there is none."""
    with database.write() as connection:
        connection.execute(delete(_sessions).where(_sessions.c.secret_hash == hash_of(secret)))


def hash_of(secret: str) -> str:
    """What is stored of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with the library's parameters (RFC 9106, second recommendation)."""
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password fits, for names that there are not."""
    return _hasher().hash(secrets.token_urlsafe(16))


def _row(connection: Connection, name: str) -> Any:
    return connection.execute(select(_operators).where(_operators.c.name == name)).first()


def _operator(row: Any) -> Operator:
    return Operator(row.id, row.name, row.role, row.created_at)
