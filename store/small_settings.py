"""Small facts that the programs leave for each other, such as that the first start is over."""

from typing import Any

from sqlalchemy import Connection, delete, select

from store import schema
from store.database import Database
from store.upsert import insert_into

_settings = schema.settings


def get_setting(database: Database, name: str) -> Any:
    """The JSON value under this name; None where there is none."""
    query = select(_settings.c.value).where(_settings.c.name == name)
    with database.read() as connection:
        return connection.execute(query).scalar()


def put_setting(database: Database, name: str, value: Any) -> None:
    """Keep a JSON value under this name; None takes it away."""
    with database.write() as connection:
        put_within(connection, name, value)


def put_within(connection: Connection, name: str, value: Any) -> None:
    """`put_setting` in the transaction of what the value tells of."""
    if value is None:
        connection.execute(delete(_settings).where(_settings.c.name == name))
        return
    anew = insert_into(connection, _settings).values(name=name, value=value)
    connection.execute(
        anew.on_conflict_do_update(
            index_elements=[_settings.c.name], set_={"value": anew.excluded.value}
        )
    )
