"""Tokens: how programs prove to the API who they are.

A token is shown once, when it is made; the store keeps only its SHA-256.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from mail.errors import SettingsProblem
from mail.identifier import new_id
from store import schema
from store.audit import note
from store.columns import storable
from store.database import Database
from store.operators import hash_of

SCOPES = ("read", "write", "admin")

PREFIX = "postern_"
"""So that a token is recognised where somebody published it by mistake."""

_tokens = schema.tokens


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token. `scope` is read, write or admin; each includes the one before."""

    id: str
    name: str
    scope: str
    created_at: datetime


def create_token(database: Database, name: str, scope: str, now: datetime, by: str = "cli") -> str:
    """A new token's text. Raises SettingsProblem for a name that is taken or empty, or a scope
    that there is not."""
    name = storable(name.strip(), 200)
    if not name:
        raise SettingsProblem("A token needs a name")
    if scope not in SCOPES:
        raise SettingsProblem(f"The scope {scope!r} is not one of {', '.join(SCOPES)}")
    text = PREFIX + secrets.token_urlsafe(32)
    with database.write() as connection:
        if connection.execute(select(_tokens.c.id).where(_tokens.c.name == name)).first():
            raise SettingsProblem(f"There is a token named {name} already")
        connection.execute(
            insert(_tokens).values(
                id=new_id(now), name=name, scope=scope, token_hash=hash_of(text), created_at=now
            )
        )
        note(connection, by, "token.create", name, now, scope=scope)
    return text


def list_tokens(database: Database) -> tuple[Token, ...]:
    """All tokens, by name."""
    with database.read() as connection:
        return tuple(
            Token(row.id, row.name, row.scope, row.created_at)
            for row in connection.execute(select(_tokens).order_by(_tokens.c.name))
        )


def revoke_token(database: Database, name: str, now: datetime, by: str = "cli") -> bool:
    """A token proves nothing any more. False: no such token."""
    with database.write() as connection:
        gone = connection.execute(delete(_tokens).where(_tokens.c.name == name)).rowcount
        if gone:
            note(connection, by, "token.revoke", name, now)
    return bool(gone)


def check_token(database: Database, text: str) -> Token | None:
    """The token with this text, or None."""
    query = select(_tokens).where(_tokens.c.token_hash == hash_of(text))
    with database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else Token(row.id, row.name, row.scope, row.created_at)
