"""Erases the mail of one person on request, and leaves a receipt.

An erasure is a row that says how far it came, written in the same transaction as what it removed:
whoever is killed in it is followed by somebody who goes on from there. First the log is walked,
row by row with everything that hangs on it (`store.erasure_scope` says whose mail it is), then
every other table in which an address may stand (`store.erasure_tables`). What is under a hold
stays, and the receipt says how much that was.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mail.errors import SettingsProblem
from mail.identifier import new_id
from store import schema
from store.audit import note
from store.blobs import let_go
from store.columns import storable
from store.database import Database
from store.deletion import bury
from store.erasure_index import merge_index
from store.erasure_scope import Concerned, Relation, concerned
from store.erasure_tables import TABLES, erase_rows
from store.holds import in_force, leaving_held
from store.keeping_schema import erasures as _erasures
from store.log_deletion import forget_transactions
from store.page import last_id
from store.person import Person, known_person, person_of
from store.receipts import sign
from store.rows import fingerprint_of
from store.secrets import SecretBox
from store.tallies import Changes
from store.turns import UNHURRIED, Pace, in_turns

_logger = logging.getLogger("postern.store")

_MAIL, _WORDS, _DONE = "mail", "words", "done"
_STAGES = (_MAIL, *TABLES, _WORDS)
_log = schema.transactions


@dataclass(frozen=True, slots=True)
class Erasure:
    """`address` is None once it is done; then `receipt` is there. `mentions`: mail of others that
    names the person in text is erased too. `counts`: rows that are gone, by what they were."""

    id: str
    address: str | None
    mentions: bool
    asked_at: datetime
    asked_by: str
    stage: str
    counts: dict[str, int]
    finished_at: datetime | None
    receipt: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an erasure would remove: messages with their octets, other rows of the log; `held` of
    both stay. `mentions` are messages of others that name the person in their text."""

    messages: int
    octets: int
    transactions: int
    mentions: int
    held: int


def preview_erasure(database: Database, address: str, pace: Pace = UNHURRIED) -> Forecast:
    """Look through the whole log, and remove nothing. Raises SettingsProblem for no address."""
    person, after = person_of(address), ""
    counts: Counter[str] = Counter()
    while after is not None and not pace.is_stopped():
        with database.read() as connection:
            found, last = concerned(connection, person, after, pace.rows)
            own = [one for one in found if one.relation is Relation.OWN]
            free = _free(connection, [one.id for one in own])
        after = last  # type: ignore[assignment]
        counts["mentions"] += len(found) - len(own)
        counts["held"] += len(own) - len(free)
        for one in (one for one in own if one.id in free):
            counts["messages" if one.is_message else "transactions"] += 1
            counts["octets"] += one.octets
    names = ("messages", "octets", "transactions", "mentions", "held")
    return Forecast(*(counts[name] for name in names))


def ask_erasure(
    database: Database, address: str, *, mentions: bool = False, by: str, now: datetime
) -> Erasure:
    """Have it done: by `run_erasure`, at once or by the worker. One that is under way for the same
    address is returned as it is. Raises SettingsProblem for no address, or one that would come
    back at once because it is an operator's or a bound account's."""
    person = person_of(address)
    with database.write() as connection:
        _refuse_in_use(connection, person)
        known = connection.execute(
            select(_erasures).where(_erasures.c.address == person.address)
        ).first()
        if known is not None:
            return _erasure(known)
        identifier = new_id(now)
        row = {
            "id": identifier,
            "address": person.address,
            "mentions": mentions,
            "asked_at": now,
            "asked_by": storable(by),
            "stage": _MAIL,
            "position": "",
            "counts": {},
        }
        connection.execute(insert(_erasures).values(row))
        note(connection, by, "erasure.ask", identifier, now)
        asked = connection.execute(select(_erasures).where(_erasures.c.id == identifier)).one()
        return _erasure(asked)


def list_erasures(database: Database) -> tuple[Erasure, ...]:
    """All of them, the newest first."""
    with database.read() as connection:
        query = select(_erasures).order_by(_erasures.c.id.desc())
        return tuple(_erasure(row) for row in connection.execute(query))


def get_erasure(database: Database, identifier: str) -> Erasure | None:
    """One of them, or None."""
    with database.read() as connection:
        row = connection.execute(select(_erasures).where(_erasures.c.id == identifier)).first()
    return None if row is None else _erasure(row)


def run_erasure(
    database: Database,
    box: SecretBox,
    identifier: str,
    now: Callable[[], datetime],
    pace: Pace = UNHURRIED,
) -> Erasure:
    """Go on with an erasure to its end, or until `pace` stops it; again does nothing more. Two
    that do so at once do not harm each other. It does not begin while older mail waits for the
    worker to read it: nobody knows yet whose that is. Raises StoreProblem."""
    while (erasure := _required(database, identifier)).stage != _DONE and not pace.is_stopped():
        if erasure.stage == _MAIL and _is_too_early(database, erasure):
            break
        assert erasure.address is not None
        person = known_person(erasure.address)
        if erasure.stage == _MAIL:
            _erase_mail(database, erasure, person, now(), pace)
        elif erasure.stage == _WORDS:
            merge_index(database, pace)
        else:
            _erase_table(database, erasure, person, pace)
        if not pace.is_stopped():
            _advance(database, box, erasure, now())
    return erasure


def _is_too_early(database: Database, erasure: Erasure) -> bool:
    """Whether mail from before the erasure is to be digested still."""
    jobs, messages = schema.outbox, schema.messages
    query = select(jobs.c.id).join(messages, messages.c.id == jobs.c.message_id)
    query = query.where(jobs.c.kind == "digest", jobs.c.state == "waiting")
    query = query.where(
        jobs.c.message_id <= last_id(erasure.asked_at), messages.c.digested.is_(False)
    )
    with database.read() as connection:
        return connection.execute(query.limit(1)).first() is not None


def _erase_mail(
    database: Database, erasure: Erasure, person: Person, now: datetime, pace: Pace
) -> None:
    start = _position(database, erasure)

    def find(last: Concerned | None) -> Sequence[Concerned]:
        after: str | None = start if last is None else last.id
        while after is not None and not pace.is_stopped():
            with database.read() as connection:
                found, after = concerned(connection, person, after, pace.rows)
            wanted = [one for one in found if erasure.mentions or one.relation is Relation.OWN]
            if wanted:
                return wanted
        return ()

    def work(connection: Connection, slice_: Sequence[Concerned]) -> int:
        ids = [one.id for one in slice_]
        free = _free(connection, ids)
        counts = _remove(connection, sorted(free), now)
        counts["held"] = len(ids) - len(free)
        _note_progress(connection, erasure.id, ids[-1], counts)
        return len(free)

    in_turns(database, pace, find, work)


def _remove(connection: Connection, identifiers: Sequence[str], now: datetime) -> Counter[str]:
    """Rows of the log, with their messages and everything else, tombstones too."""
    query = select(_log).where(_log.c.id.in_(identifiers))
    rows = connection.execute(query).all()
    prints = [
        fingerprint_of(row.sha256, row.mail_from or "", row.rcpt_to)
        for row in rows
        if row.sha256 is not None
    ]
    table, stones, outbox = schema.fingerprints, schema.tombstones, schema.outbox
    connection.execute(delete(table).where(table.c.fingerprint.in_(prints)))
    for sha256 in sorted(row.sha256 for row in rows if row.body_expires_at is not None):
        let_go(connection, sha256)
    fewer = Changes()
    messages = bury(connection, identifiers, {}, by="erasure", now=now, tallies=fewer)
    connection.execute(delete(stones).where(stones.c.message_id.in_(identifiers)))
    connection.execute(delete(outbox).where(outbox.c.message_id.in_(identifiers)))
    gone = forget_transactions(connection, identifiers)
    fewer.write(connection)
    return Counter(messages=len(messages), transactions=gone)


def _erase_table(database: Database, erasure: Erasure, person: Person, pace: Pace) -> None:
    instead = f"erased-{erasure.id}"

    def done(connection: Connection, number: int) -> None:
        _note_progress(connection, erasure.id, "", Counter({erasure.stage: number}))

    erase_rows(database, erasure.stage, person, instead, pace, done)


def _advance(database: Database, box: SecretBox, erasure: Erasure, now: datetime) -> None:
    """On to the next stage; after the last one the receipt takes the place of the address."""
    following = [*_STAGES, _DONE][_STAGES.index(erasure.stage) + 1]
    values: dict[str, Any] = {"stage": following, "position": ""}
    this = update(_erasures).where(_erasures.c.id == erasure.id, _erasures.c.stage == erasure.stage)
    with database.write() as connection:
        if following == _DONE:
            row = connection.execute(select(_erasures).where(_erasures.c.id == erasure.id)).one()
            receipt = _receipt(connection, box, _erasure(row), now)
            values |= {"address": None, "finished_at": now, "receipt": receipt}
        if connection.execute(this.values(values)).rowcount and following == _DONE:
            note(connection, erasure.asked_by, "erasure.done", erasure.id, now)
            _logger.info("event=erased id=%s by=%s", erasure.id, erasure.asked_by)


def _receipt(
    connection: Connection, box: SecretBox, erasure: Erasure, now: datetime
) -> dict[str, Any]:
    assert erasure.address is not None
    held = erasure.counts.get("held", 0)
    facts = {
        "id": erasure.id,
        "asked_at": erasure.asked_at.isoformat(),
        "asked_by": erasure.asked_by,
        "finished_at": now.isoformat(),
        "mentions": erasure.mentions,
        "counts": erasure.counts,
        "holds": [one.id for one in in_force(connection)] if held else [],
        "database": connection.dialect.name,
    }
    return sign(box, erasure.address, facts)


def _refuse_in_use(connection: Connection, person: Person) -> None:
    uses = (
        (schema.operators.c.name, "an operator: postern operator remove"),
        (schema.accounts.c.address, "a bound account: postern account remove"),
        (schema.tokens.c.name, "a token's name: postern token revoke"),
    )
    for column, words in uses:
        for name in connection.execute(select(column)).scalars():
            if person.is_in(name):
                raise SettingsProblem(f"{person.address} is {words} {name} first")


def _free(connection: Connection, identifiers: Sequence[str]) -> set[str]:
    """Those that are under no hold."""
    query = select(_log.c.id).where(_log.c.id.in_(identifiers))
    return set(connection.execute(leaving_held(connection, query)).scalars())


def _note_progress(
    connection: Connection, identifier: str, position: str, counts: Counter[str]
) -> None:
    row = connection.execute(select(_erasures).where(_erasures.c.id == identifier)).one()
    total = Counter(row.counts)
    total.update(counts)
    changed = update(_erasures).where(_erasures.c.id == identifier)
    connection.execute(changed.values(position=position, counts=dict(total)))


def _position(database: Database, erasure: Erasure) -> str:
    with database.read() as connection:
        query = select(_erasures.c.position).where(_erasures.c.id == erasure.id)
        return str(connection.execute(query).scalar_one())


def _required(database: Database, identifier: str) -> Erasure:
    erasure = get_erasure(database, identifier)
    if erasure is None:
        raise SettingsProblem(f"There is no erasure {identifier}")
    return erasure


def _erasure(row: Any) -> Erasure:
    return Erasure(
        row.id,
        row.address,
        row.mentions,
        row.asked_at,
        row.asked_by,
        row.stage,
        dict(row.counts),
        row.finished_at,
        row.receipt,
    )
