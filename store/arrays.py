"""Columns of values as PostgreSQL's own arrays, in its binary form.

INSERT … SELECT FROM unnest(array, array, …) has the same words for one row and for a thousand,
so the server plans it once; and octets of mail travel as they are. The driver's own arrays guess
the type from what is in them; here the column says it.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any

from psycopg import pq
from psycopg.adapt import Buffer, Dumper
from psycopg.types.json import Json
from sqlalchemy import Column, Dialect

from store.columns import dump_json

_Pack = Callable[[Any], bytes]

_NULL = struct.pack("!i", -1)
_LENGTH = struct.Struct("!i").pack
_HEAD = struct.Struct("!iiiii").pack


class Array:
    """An array that is encoded already."""

    __slots__ = ("octets",)

    def __init__(self, octets: bytes) -> None:
        self.octets = octets


class ArrayDumper(Dumper):
    """Hands the octets over; which type they are of is said by a cast in the statement."""

    format = pq.Format.BINARY
    oid = 0

    def dump(self, obj: Array) -> Buffer:
        """The octets."""
        return obj.octets


def _sized(pack: _Pack) -> _Pack:
    def packed(value: Any) -> bytes:
        octets = pack(value)
        return _LENGTH(len(octets)) + octets

    return packed


def _text(value: str) -> bytes:
    octets = value.encode()
    return _LENGTH(len(octets)) + octets


def _octets(value: Any) -> bytes:
    """SQLAlchemy wraps them for the driver."""
    return bytes(getattr(value, "obj", value))


def _json(value: Json) -> bytes:
    return _text(dump_json(value.obj))


_KINDS: dict[str, tuple[int, _Pack]] = {
    "text": (25, _text),
    "json": (114, _json),
    "bytea": (17, _sized(_octets)),
    "boolean": (16, _sized(struct.Struct("!?").pack)),
    "integer": (23, _sized(struct.Struct("!i").pack)),
    "bigint": (20, _sized(struct.Struct("!q").pack)),
    "double precision": (701, _sized(struct.Struct("!d").pack)),
}


def kind_of(column: Column[Any], dialect: Dialect) -> str:
    """The element type of the arrays for this column. Raises KeyError for one that has none."""
    name = column.type.compile(dialect).partition(" COLLATE ")[0].lower()
    found = {"float": "double precision", "bigserial": "bigint"}.get(name, name)
    if found.startswith("varchar"):
        found = "text"
    if found not in _KINDS:
        raise KeyError(f"no arrays of {found}: add it")
    return found


def array_of(kind: str, values: Sequence[Any]) -> Array:
    """`values` as one array; None becomes NULL. Raises ValueError or struct.error for a value
    that is not of that kind."""
    oid, pack = _KINDS[kind]
    head = _HEAD(1, int(None in values), oid, len(values), 1)
    return Array(head + b"".join([_NULL if one is None else pack(one) for one in values]))
