"""A PostgreSQL URL, read in both of the forms that people know: SQLAlchemy's and libpq's.

They differ where there are several servers: `postgresql://h1:5432,h2:5432/db` is libpq's, and
`postgresql+psycopg://db?host=h1:5432&host=h2:5432` is SQLAlchemy's. Whoever shows a store's place
gets it from here, without password.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from mail.errors import StoreProblem

DEFAULTS: dict[str, Any] = {
    "application_name": "postern",
    "target_session_attrs": "read-write",
    "connect_timeout": 5,
    "tcp_user_timeout": 15_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""What a connection is given where the URL does not say otherwise. Of several servers the one that
takes writes is looked for, each for 5 seconds at most; one that was cut off is noticed in 15
seconds while we send, and in 25 while we wait."""

_ALWAYS = {"client_encoding": "utf8"}


@dataclass(frozen=True, slots=True)
class Address:
    """`place` is for a person; `arguments` are for `psycopg.connect` and have the password."""

    place: str
    arguments: dict[str, Any]


def read_url(text: str) -> Address:
    """Raises StoreProblem, which does not repeat the URL: it may have a password in it."""
    found = _arguments(text)
    try:
        make_conninfo("", **found)
    except psycopg.Error as error:
        raise StoreProblem(f"store.url: {str(error).strip()}") from None
    return Address(_place(found), DEFAULTS | found | _ALWAYS)


def _arguments(text: str) -> dict[str, Any]:
    try:
        return _as_sqlalchemy(text)
    except (ArgumentError, ValueError, TypeError):
        return _as_libpq(text)


def without_password(text: str) -> str:
    """What PostgreSQL's own programs are told to find the same database, for a person to copy.

    Raises StoreProblem as `read_url` does.
    """
    found = {**_arguments(text), "password": None}
    return make_conninfo("", **{name: value for name, value in found.items() if value is not None})


def _as_sqlalchemy(text: str) -> dict[str, Any]:
    url = make_url(text).set(drivername="postgresql+psycopg")
    _, arguments = url.get_dialect()().create_connect_args(url)
    return dict(arguments)


def _as_libpq(text: str) -> dict[str, Any]:
    _, _, rest = text.partition("://")
    try:
        return dict(conninfo_to_dict(f"postgresql://{rest}"))
    except psycopg.Error:
        raise StoreProblem(
            "store.url cannot be read: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
            "several servers as HOST1:PORT1,HOST2:PORT2, and other characters in a password as %XX"
        ) from None


def _place(arguments: dict[str, Any]) -> str:
    """The servers, with ports where they are given, and the database."""
    hosts = str(arguments.get("host") or arguments.get("hostaddr") or "").split(",")
    ports = str(arguments.get("port") or "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    pairs = zip((f"[{host}]" if ":" in host else host for host in hosts), ports, strict=False)
    servers = ",".join(f"{host}:{port}" if port else host for host, port in pairs)
    database = arguments.get("dbname") or arguments.get("user") or ""
    return f"postgresql://{servers}/{database}"
