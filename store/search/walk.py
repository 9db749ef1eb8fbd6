"""Finds a page of messages, newest first, without counting or sorting what it does not show.

There are two ways to go down the time. Along the list: the messages of the list one after the
other, each tried with the exact condition; soon done where many fit, or where the list is short.
Along the index: only messages that have the words; soon done where few have them. Which is the
case nobody knows beforehand, so steps of both take turns, each going on where the other one came
to, and each longer than the one before: what a page takes is within a small factor of the better
way. FTS5 walks its rows newest first by itself. A GIN index cannot, so there a step is a span of
time, a longer one each time.

Nobody's question keeps the store busy: after EFFORT messages were tried, a page ends with what was
found so far, and its cursor leads on from there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select, text

from mail.identifier import is_id, new_id, time_of
from store import schema
from store.columns import EPOCH
from store.search.narrow import Narrowed, fts5, tsquery
from store.search.place import first_id_at, place_of, slack

EFFORT = 50_000
"""Messages that are tried for one page."""

_FIRST_STEP = 256
_GROWTH = 4
_FIRST_SPAN, _SPAN_GROWTH, _SPANS = 16, 16, 4
_TOP = "~"

_messages, _search = schema.messages, schema.search

_HITS = text(
    "SELECT rowid AS number FROM search_index WHERE search_index MATCH :question "
    "AND rowid < :below AND rowid >= :floor ORDER BY rowid DESC LIMIT :number"
).columns(number=schema.search.c.number.type)

_PLANNING = text(
    "SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true), "
    "set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), "
    "set_config('enable_mergejoin', 'off', true)"
)
"""The planner takes a search for a question about half of the store, and it never is."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where to look. `listing` gives the query of the list, of messages below an id; `conditions`
    say the same of a row of `messages`; `exact` is what must hold of such a row beside its row of
    `search`, and `rest` what of that the index does not settle. No message has an id above `top`
    or below `floor`. `is_short`: the list itself is likely to be."""

    listing: Callable[[str | None], Select[Any]]
    conditions: tuple[ColumnElement[bool], ...]
    exact: ColumnElement[bool]
    rest: ColumnElement[bool]
    narrowed: Narrowed
    top: str = _TOP
    floor: str = ""
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Ids in the order of the list, and the one to go on below; None at the end."""

    ids: tuple[str, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class _Step:
    """What one step found, and down to which id everything was looked at; "" for the end."""

    ids: Sequence[str]
    down_to: str
    tried: int


_Way = Callable[[str, int], _Step]


def walk(connection: Connection, ground: Ground, limit: int, after: str | None) -> Found:
    """The page of `limit` messages below `after`, or from the newest one."""
    here = min(after or _TOP, ground.top)
    found: list[str] = []
    effort = 0
    for step in _steps(connection, ground, limit + 1):
        done = step(here, limit + 1 - len(found))
        found += done.ids
        here, effort = done.down_to, effort + done.tried
        if len(found) > limit or here <= ground.floor or effort >= EFFORT:
            break
    if len(found) > limit:
        return Found(tuple(found[:limit]), found[limit - 1])
    return Found(tuple(found), _as_id(here) if here > ground.floor else None)


def _as_id(place: str) -> str:
    """A place within the order of ids as an id, which need not be there."""
    return place if is_id(place) else place.ljust(26, "0")


def _steps(connection: Connection, ground: Ground, limit: int) -> Iterator[_Way]:
    """The ways to go, in turns."""
    along_list = (_along_list(connection, ground, number) for number in _growing())
    if not ground.narrowed.choices:
        yield from along_list
    elif connection.dialect.name == "postgresql":
        connection.execute(_PLANNING)
        yield from _spans(connection, ground, along_list)
    else:
        along_index = (_along_index(connection, ground, number) for number in _growing())
        if ground.narrowed.has_prefix or ground.is_short:
            # Putting together all that begins alike is slow exactly where much of it fits.
            yield next(along_list)
            yield next(along_list)
        for one, other in zip(along_index, along_list, strict=False):
            yield one
            yield other


def _growing() -> Iterator[int]:
    return (_FIRST_STEP * _GROWTH**turn for turn in count())


def _along_list(connection: Connection, ground: Ground, number: int) -> _Way:
    def step(here: str, wanted: int) -> _Step:
        query = ground.listing(None if here == _TOP else here)
        query = query.outerjoin(_search, _search.c.message_id == _messages.c.id)
        query = query.with_only_columns(
            _messages.c.id, ground.exact.label("fits"), maintain_column_froms=True
        )
        rows = connection.execute(query.limit(number)).all()
        ids = [row.id for row in rows if row.fits]
        if len(ids) >= wanted:
            return _Step(ids[:wanted], ids[wanted - 1], len(rows))
        return _Step(ids, rows[-1].id if len(rows) == number else "", len(rows))

    return step


def _along_index(connection: Connection, ground: Ground, number: int) -> _Way:
    """On SQLite. A message may stand a little above its place, so the rows of a step are not
    quite in the order of ids; the step answers for the ids above the place it came to."""
    question = fts5(ground.narrowed.choices)
    fits = and_(*ground.conditions, ground.rest).label("fits")

    def step(here: str, wanted: int) -> _Step:
        values = {
            "question": question,
            "below": place_of(here) + slack(connection) + 1,
            "floor": place_of(ground.floor),
            "number": number,
        }
        hits = _HITS.bindparams(**values).subquery("hits")
        query = (
            select(hits.c.number, _search.c.message_id, fits)
            .select_from(hits)
            .join(_search, _search.c.number == hits.c.number)
            .join(_messages, _messages.c.id == _search.c.message_id)
        )
        rows = connection.execute(query).all()
        lowest = min((row.number for row in rows), default=0)
        down_to = first_id_at(lowest + 1) if len(rows) >= number else ""
        ids = [row.message_id for row in rows if row.fits and down_to <= row.message_id < here]
        return _Step(sorted(ids, reverse=True), min(down_to, here), number)

    return step


def _spans(connection: Connection, ground: Ground, along_list: Iterator[_Way]) -> Iterator[_Way]:
    """On PostgreSQL: some messages of the list, which tell how close to each other they are, and
    then spans of time that have more and more of them, the last one without an end."""
    lengths: list[timedelta] = []

    def first(here: str, wanted: int) -> _Step:
        done = next(along_list)(here, wanted)
        lengths.append(_time_between(_newest(connection, here), done.down_to))
        return done

    yield first
    for turn in range(_SPANS):
        factor = _FIRST_SPAN * _SPAN_GROWTH**turn

        def span(here: str, wanted: int, factor: int = factor) -> _Step:
            return _in_span(connection, ground, _earlier(here, lengths[0], factor), here, wanted)

        yield span
    yield lambda here, wanted: _in_span(connection, ground, "", here, wanted)


def _newest(connection: Connection, here: str) -> str:
    query = select(_messages.c.id).where(_messages.c.id < here).order_by(_messages.c.id.desc())
    found = connection.execute(query.limit(1)).scalar()
    return here if found is None else str(found)


def _time_between(newer: str, older: str) -> timedelta:
    if not is_id(newer) or not is_id(older):
        return timedelta(days=1)
    return max(time_of(newer) - time_of(older), timedelta(seconds=1))


def _earlier(here: str, length: timedelta, factor: int) -> str:
    """The beginning of a span that ends at `here`; "" before all time."""
    try:
        begin = time_of(_as_id(here)) - length * factor
        return new_id(begin)[:10] if begin > EPOCH else ""
    except (ValueError, OverflowError):
        return ""


def _in_span(connection: Connection, ground: Ground, begin: str, here: str, wanted: int) -> _Step:
    """The newest that fit of those from `begin` to below `here`."""
    begin = max(begin, ground.floor)
    lexemes = text("postern_lexemes(search.words) @@ CAST(:question AS tsquery)")
    lexemes = lexemes.bindparams(question=tsquery(ground.narrowed.choices))
    hits = (
        select(_search.c.message_id)
        .where(lexemes, _search.c.message_id < here, _search.c.message_id >= begin)
        .cte("hits")
        .prefix_with("MATERIALIZED")
    )
    query = (
        select(hits.c.message_id)
        .join(_messages, _messages.c.id == hits.c.message_id)
        .join(_search, _search.c.message_id == hits.c.message_id)
        .where(*ground.conditions, ground.rest)
        .order_by(hits.c.message_id.desc())
        .limit(wanted)
    )
    ids = list(connection.execute(query).scalars())
    return _Step(ids, ids[-1] if len(ids) == wanted else begin, 0)
