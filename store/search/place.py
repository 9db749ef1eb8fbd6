"""Where a message stands in SQLite's index, which is walked from the greatest number down.

The number is made of the beginning of the id, so that newest first is the order of the index, and
messages of any age may come in any order. Few ids share a number; one that finds its own taken
moves up, and the farthest that any moved (`slack`) is remembered: so far above its place it may
be found. Numbers are as short as possible, because the index keeps their differences.
"""

from collections.abc import Iterable, Set

from sqlalchemy import Connection, select

from store import schema
from store.upsert import insert_into

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHARACTERS = 11  # milliseconds, and five bits of what is random

_SLACK = "search_slack"
_search, _settings = schema.search, schema.settings


def place_of(identifier: str) -> int:
    """The number that the message would like; of a part of an id, that of the first with it, and
    "~" is above all others. Never less for a greater id."""
    number = 0
    for character in identifier[:_CHARACTERS].replace("~", "Z").ljust(_CHARACTERS, "0"):
        number = number * 32 + _ALPHABET.index(character)
    return number


def first_id_at(place: int) -> str:
    """No id with this place or a greater one is less than this, and none with a lesser place
    is greater."""
    return "".join(_ALPHABET[(place >> 5 * step) & 31] for step in reversed(range(_CHARACTERS)))


def slack(connection: Connection) -> int:
    """How far above its place a message may stand."""
    found = connection.execute(select(_settings.c.value).where(_settings.c.name == _SLACK)).scalar()
    return int(found or 0)


def free_numbers(connection: Connection, identifiers: Iterable[str]) -> dict[str, int]:
    """A number for each message that no other has, at its place or not far above it. None are
    needed on PostgreSQL, and none are given."""
    if connection.dialect.name != "sqlite":
        return {}
    places = {identifier: place_of(identifier) for identifier in identifiers}
    query = select(_search.c.number).where(_search.c.number.in_(places.values()))
    taken = set(connection.execute(query).scalars())
    numbers = {}
    for identifier, place in places.items():
        if place in taken:
            place += _step_up(connection, place, taken)
        taken.add(place)
        numbers[identifier] = place
    return numbers


def _step_up(connection: Connection, place: int, taken: set[int]) -> int:
    """How far it is to a free number that stands next to a taken one: so thousands of messages
    of one moment (an import knows seconds only) stand close together, and none is far up."""
    low, step = 0, 1
    while _is_taken(connection, place + step, taken):
        low, step = step, 2 * step + 1
    while step - low > 1:
        middle = (low + step) // 2
        if _is_taken(connection, place + middle, taken):
            low = middle
        else:
            step = middle
    if step > slack(connection):
        _remember(connection, step)
    return step


def _is_taken(connection: Connection, number: int, taken: Set[int]) -> bool:
    if number in taken:
        return True
    query = select(_search.c.number).where(_search.c.number == number)
    return connection.execute(query).first() is not None


def _remember(connection: Connection, step: int) -> None:
    anew = insert_into(connection, _settings).values(name=_SLACK, value=step)
    connection.execute(
        anew.on_conflict_do_update(
            index_elements=[_settings.c.name], set_={"value": anew.excluded.value}
        )
    )
