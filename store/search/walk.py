"""Finds a page of messages, newest first, without counting or sorting what it does not show.

There are two ways to go down the time. Along the list: the messages of the list one after the
other, each tried with the exact condition; soon done where many fit, or where the list is short.
Along the index: only messages that have the words; soon done where few have them. Which is the
case nobody knows beforehand, so steps of both take turns, each going on where the other one came
to, and each longer than the one before: what a page takes is within a small factor of the better
way. FTS5 walks its rows newest first by itself. A GIN index cannot, so there a step stays within
some of the months that the table has as partitions, more of them each time.

Nobody's question keeps the store busy: after EFFORT messages were tried, a page ends with what was
found so far, and its cursor leads on from there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select, text

from mail.identifier import is_id
from store import schema
from store.partitions import Month
from store.search.narrow import Narrowed, fts5, tsquery
from store.search.place import first_id_at, place_of, slack

EFFORT = 10_000
"""Messages that are tried for one page."""

_FIRST_STEP = 256
_GROWTH = 4
_SPAN_GROWTH = 8
"""Each step within a month asks the index anew for all that the month has."""
_TOP = "~"

_messages, _search = schema.messages, schema.search

_HITS = text(
    "SELECT rowid AS number FROM search_index WHERE search_index MATCH :question "
    "AND rowid < :below AND rowid >= :floor ORDER BY rowid DESC LIMIT :number"
).columns(number=schema.search.c.number.type)

_HITS_OF_PART = (
    'SELECT message_id AS id FROM "{part}" '
    "WHERE postern_lexemes(words) @@ CAST(:question AS tsquery) "
    "AND message_id || '' < :here AND message_id || '' >= :begin"
)

_PARTS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
    "WHERE i.inhparent = CAST('search' AS regclass)"
)

_PLANNING = text(
    "SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true), "
    "set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), "
    "set_config('enable_mergejoin', 'off', true), "
    "set_config('max_parallel_workers_per_gather', '0', true)"
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


def walk_up(connection: Connection, ground: Ground, limit: int, after: str | None) -> Found:
    """The same from the oldest one up, of a listing that is turned round: along the list only.
    For who takes mail out, not for who looks for some."""
    here = after
    found: list[str] = []
    effort = 0
    for number in _growing():
        rows = _try_list(connection, ground, here, number)
        found += [row.id for row in rows if row.fits]
        effort += len(rows)
        if len(found) > limit:
            return Found(tuple(found[:limit]), found[limit - 1])
        if len(rows) < number:
            return Found(tuple(found), None)
        here = rows[-1].id
        if effort >= EFFORT:
            break
    return Found(tuple(found), here)


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
        yield next(along_list)
        spans = _spans(connection)
        for number in _growing(_SPAN_GROWTH):
            yield _along_spans(connection, ground, spans, number)
    else:
        along_index = (_along_index(connection, ground, number) for number in _growing())
        if ground.narrowed.has_prefix or ground.is_short:
            # Putting together all that begins alike is slow exactly where much of it fits.
            yield next(along_list)
            yield next(along_list)
        for one, other in zip(along_index, along_list, strict=False):
            yield one
            yield other


def _growing(growth: int = _GROWTH) -> Iterator[int]:
    return (_FIRST_STEP * growth**turn for turn in count())


def _along_list(connection: Connection, ground: Ground, number: int) -> _Way:
    def step(here: str, wanted: int) -> _Step:
        rows = _try_list(connection, ground, None if here == _TOP else here, number)
        ids = [row.id for row in rows if row.fits]
        if len(ids) >= wanted:
            return _Step(ids[:wanted], ids[wanted - 1], len(rows))
        return _Step(ids, rows[-1].id if len(rows) == number else "", len(rows))

    return step


def _try_list(
    connection: Connection, ground: Ground, after: str | None, number: int
) -> Sequence[Any]:
    query = ground.listing(after).outerjoin(_search, _search.c.message_id == _messages.c.id)
    query = query.with_only_columns(
        _messages.c.id, ground.exact.label("fits"), maintain_column_froms=True
    )
    return connection.execute(query.limit(number)).all()


def _along_index(connection: Connection, ground: Ground, number: int) -> _Way:
    """On SQLite. A message may stand a little above its place, so the rows of a step are not
    quite in the order of ids; the step answers for the ids above the place it came to."""
    question = fts5(ground.narrowed)
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


@dataclass(frozen=True, slots=True)
class _Span:
    """Partitions of `search` that have all rows from the id `begin` up to the span before it."""

    parts: tuple[str, ...]
    begin: str


def _spans(connection: Connection) -> list[_Span]:
    """The newest month, the one before, then more and more of them at a time."""
    names = list(connection.execute(_PARTS).scalars())
    rest = tuple(name for name in names if name.endswith("_default"))
    months = sorted(name for name in names if name[-1].isdigit())
    spans, length = [], 1
    while months:
        months, taken = months[:-length], months[-length:]
        begin = Month.named(taken[0].removeprefix(f"{_search.name}_")).first_id
        spans.append(_Span((*taken, *rest), begin))
        length *= 2
    return [*spans, _Span(tuple(name for name in names if not name[-1].isdigit()), "")]


def _along_spans(
    connection: Connection, ground: Ground, spans: Sequence[_Span], number: int
) -> _Way:
    """On PostgreSQL: the newest rows of the index in the span that ends at `here`, then those of
    them that fit. The range of ids is hidden from the planner, which would take it for small."""

    def step(here: str, wanted: int) -> _Step:
        span = next(span for span in spans if span.begin < here)
        begin = max(span.begin, ground.floor)
        values = {
            "question": tsquery(ground.narrowed),
            "here": here,
            "begin": begin,
            "number": number,
        }
        hits = text(" UNION ALL ".join(_HITS_OF_PART.format(part=part) for part in span.parts))
        hits = text(f"SELECT id FROM ({hits}) hits ORDER BY id DESC LIMIT :number")  # noqa: S608
        tried = list(connection.execute(hits, values).scalars())
        ids = _fitting(connection, ground, tried)[:wanted]
        if len(ids) == wanted:
            return _Step(ids, ids[-1], len(tried))
        return _Step(ids, tried[-1] if len(tried) == number else begin, len(tried))

    return step


def _fitting(connection: Connection, ground: Ground, tried: Sequence[str]) -> list[str]:
    if not tried:
        return []
    query = (
        select(_messages.c.id)
        .join(_search, _search.c.message_id == _messages.c.id)
        .where(_messages.c.id.in_(tried), *ground.conditions, ground.rest)
    )
    return sorted(connection.execute(query).scalars(), reverse=True)
