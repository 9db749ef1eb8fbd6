"""Campaigns: what was sent, by Message-ID, and what came of it.

Whoever sends tells us which Message-ID went to whom; answers, bounces and complaints are then
linked with it (`store.campaign_links`). Of a Message-ID only a digest is kept. Telling the same
again changes nothing, and what came before it was told is linked then.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, tuple_, update

from mail.campaign import Campaign, How
from mail.errors import SettingsProblem
from store import schema
from store.bulk import Bulk
from store.campaign_links import ANSWERED, QUOTED, Link, link_from, recipient_of, write_links
from store.columns import EPOCH, storable
from store.database import Database
from store.evidence import weigh
from store.marks import MarkKind
from store.page import Page, bounded, chunks
from store.thread_signs import Role, mark_of_id
from store.upsert import insert_into

MOST_AT_ONCE = 5000
"""Messages that one call may register."""

LONGEST_ID = 200
_LONGEST_MESSAGE_ID = 998
_MICROSECOND = timedelta(microseconds=1)

_campaigns = schema.campaigns
_sent = schema.campaign_messages
_links = schema.message_campaigns
_messages = schema.messages
_ROWS = Bulk(_sent, lambda insertion: insertion.on_conflict_do_nothing())


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message of a campaign: its Message-ID, to whom it went ("" where one id is for all),
    and when."""

    message_id: str
    recipient: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of messages that somebody registered: `known` were registered already, and
    `conflicts` are Message-IDs that another campaign has; those stay with it."""

    new: int
    known: int
    conflicts: tuple[str, ...]
    linked: int
    """Messages that were here before and answer one of them."""


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign. `messages` is how many Message-IDs were registered, `by_category` how many
    messages answer it, without held ones."""

    id: str
    name: str
    created_at: datetime
    messages: int
    first_sent_at: datetime | None
    last_sent_at: datetime | None
    by_category: Mapping[str, int]


def check_campaign_id(text: str) -> str:
    """The id, trimmed. Raises SettingsProblem where it cannot be one."""
    found = text.strip()
    if not found or len(found) > LONGEST_ID or not found.isprintable() or "/" in found:
        raise SettingsProblem(
            f"{text[:60]!r} is no campaign id: use 1 to {LONGEST_ID} printable characters, no /"
        )
    return found


def add_campaign(database: Database, identifier: str, name: str | None, now: datetime) -> bool:
    """Make a campaign, or rename it where `name` is not None. False: it was there already.

    Raises SettingsProblem for an id that cannot be.
    """
    identifier = check_campaign_id(identifier)
    with database.write() as connection:
        return _add(connection, identifier, name, now)


def register_messages(
    database: Database, identifier: str, sent: Sequence[SentMessage], now: datetime
) -> Registered:
    """Note messages of a campaign, which is made where there is none of this id.

    Raises SettingsProblem for a campaign's or a Message-ID that cannot be, or too many messages;
    nothing is noted then.
    """
    identifier = check_campaign_id(identifier)
    if len(sent) > MOST_AT_ONCE:
        raise SettingsProblem(
            f"{len(sent)} messages at once: register at most {MOST_AT_ONCE} a call"
        )
    wanted = {mark_of_id(in_brackets(one.message_id)): one for one in sent}
    new = known = linked = 0
    conflicts: list[str] = []
    for chunk in chunks(sorted(wanted)) if wanted else ([],):
        with database.write() as connection:
            _add(connection, identifier, None, now)
            holders = _holders(connection, chunk)
            fresh = {key: wanted[key] for key in chunk if key not in holders}
            _insert(connection, identifier, fresh)
            linked += _link_earlier(connection, identifier, fresh)
            new += len(fresh)
        known += sum(holder == identifier for holder in holders.values())
        conflicts += [
            wanted[key].message_id for key, holder in holders.items() if holder != identifier
        ]
    return Registered(new, known, tuple(sorted(conflicts)), linked)


def in_brackets(message_id: str) -> str:
    """A Message-ID with its angle brackets, which may be left out. Raises SettingsProblem."""
    found = message_id.strip().removeprefix("<").removesuffix(">")
    if not 3 <= len(found) <= _LONGEST_MESSAGE_ID or any(one in found for one in "<> \t\r\n"):
        raise SettingsProblem(f"{message_id[:80]!r} is no Message-ID: use one like <id@domain>")
    return f"<{storable(found)}>"


def list_campaigns(database: Database, limit: int, cursor: str | None = None) -> Page[CampaignRow]:
    """A page of them, the newest first. Raises ValueError for a cursor that is not ours."""
    limit = bounded(limit)
    query = select(_campaigns)
    if cursor is not None:
        query = query.where(tuple_(_campaigns.c.created_at, _campaigns.c.id) < _place(cursor))
    query = query.order_by(_campaigns.c.created_at.desc(), _campaigns.c.id.desc())
    with database.read() as connection:
        rows = connection.execute(query.limit(limit + 1)).all()
        found = _told(connection, rows[:limit])
    return Page(found, _cursor(found[-1]) if len(rows) > limit else None)


def get_campaign(database: Database, identifier: str) -> CampaignRow | None:
    """One of them, or None. One that only messages name, by a tag in an address of ours, has no
    row and is found all the same."""
    with database.read() as connection:
        row = connection.execute(select(_campaigns).where(_campaigns.c.id == identifier)).first()
        if row is not None:
            return _told(connection, [row])[0]
        counts = _counts(connection, [identifier])
    if identifier not in counts:
        return None
    return CampaignRow(identifier, "", EPOCH, 0, None, None, counts[identifier])


def link_of(database: Database, message_id: str) -> Link | None:
    """Which campaign a message answers; None for none."""
    return links_of(database, [message_id]).get(message_id)


def links_of(database: Database, identifiers: Sequence[str]) -> dict[str, Link]:
    """The same of several messages, by id."""
    query = select(_links).where(_links.c.message_id.in_(identifiers))
    with database.read() as connection:
        return {row.message_id: link_from(row) for row in connection.execute(query)}


def campaigns_in_thread(database: Database, thread_id: str) -> tuple[str, ...]:
    """The campaigns that messages of a conversation answer, the likeliest first. One that was
    only guessed is left out where another is known."""
    threads = schema.threads
    query = (
        select(_links.c.campaign_id, func.max(_links.c.confidence).label("confidence"))
        .join(threads, threads.c.message_id == _links.c.message_id)
        .where(threads.c.thread_id == thread_id)
        .group_by(_links.c.campaign_id)
    )
    with database.read() as connection:
        rows = sorted(connection.execute(query), key=lambda row: (-row.confidence, row.campaign_id))
    sure = [row for row in rows if row.confidence >= 0.5]
    return tuple(row.campaign_id for row in sure or rows)


def name_of(database: Database, identifier: str) -> str:
    """What a campaign is called: its name, or its id where it has none."""
    query = select(_campaigns.c.name).where(_campaigns.c.id == identifier)
    with database.read() as connection:
        return connection.execute(query).scalar() or identifier


def _add(connection: Connection, identifier: str, name: str | None, now: datetime) -> bool:
    row = {
        "id": identifier,
        "name": storable(name or "", LONGEST_ID),
        "created_at": now,
        "messages": 0,
    }
    there = select(_campaigns.c.id).where(_campaigns.c.id == identifier)
    if connection.execute(there).first() is None:
        connection.execute(insert_into(connection, _campaigns).values(row))
        return True
    if name is not None:
        renamed = update(_campaigns).where(_campaigns.c.id == identifier)
        connection.execute(renamed.values(name=row["name"]))
    return False


def _holders(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    query = select(_sent.c.key, _sent.c.campaign_id).where(_sent.c.key.in_(keys))
    return {row.key: row.campaign_id for row in connection.execute(query)}


def _insert(connection: Connection, identifier: str, fresh: Mapping[str, SentMessage]) -> None:
    rows = [
        {
            "key": key,
            "campaign_id": identifier,
            "recipient": recipient_of(one.recipient),
            "sent_at": one.sent_at,
        }
        for key, one in fresh.items()
    ]
    _ROWS.insert(connection, rows)
    more = update(_campaigns).where(_campaigns.c.id == identifier)
    connection.execute(more.values(messages=_campaigns.c.messages + len(rows)))


def _link_earlier(connection: Connection, identifier: str, fresh: Mapping[str, SentMessage]) -> int:
    """What came before somebody told us of the message that it answers: a bounce is quick."""
    keys, marks = schema.thread_keys, schema.marks
    answers = select(keys.c.key, keys.c.message_id).where(
        keys.c.key.in_(list(fresh)), keys.c.role == Role.REFERENCE
    )
    reports = select(marks.c.word, marks.c.message_id).where(
        marks.c.kind == MarkKind.ABOUT.value, marks.c.word.in_(list(fresh))
    )
    found: dict[str, Link] = {}
    for query, how, confidence in (
        (answers, How.REFERENCES, ANSWERED),
        (reports, How.QUOTED, QUOTED),
    ):
        for key, message_id in connection.execute(query.limit(MOST_AT_ONCE)).all():
            recipient = recipient_of(fresh[key].recipient) or None
            found.setdefault(message_id, Link(Campaign(identifier, recipient, how), confidence))
    return _link_better(connection, found)


def _link_better(connection: Connection, found: Mapping[str, Link]) -> int:
    """Only where less, or nothing, is known; and in the digests as well."""
    better: dict[str, Link] = {}
    for chunk in chunks(sorted(found)):
        query = select(_messages.c.id, _links.c.confidence).outerjoin(
            _links, _links.c.message_id == _messages.c.id
        )
        for row in connection.execute(query.where(_messages.c.id.in_(chunk))):
            if (row.confidence or 0.0) < found[row.id].confidence:
                better[row.id] = found[row.id]
    write_links(connection, better)
    digests = schema.digests
    told: dict[str, dict[str, Any]] = {}
    for message_id, link in better.items():
        this = digests.c.message_id == message_id
        digest = connection.execute(select(digests.c.digest).where(this)).scalar()
        if digest is not None:
            told[message_id] = {**digest, "campaign": link.campaign.as_json()}
            connection.execute(update(digests).where(this).values(digest=told[message_id]))
    weigh(connection, {one: digest for one, digest in told.items() if digest.get("bounce")})
    return len(better)


def _told(connection: Connection, rows: Sequence[Any]) -> tuple[CampaignRow, ...]:
    ids = [row.id for row in rows]
    counts = _counts(connection, ids)
    first, last = func.min(_sent.c.sent_at), func.max(_sent.c.sent_at)
    query = select(_sent.c.campaign_id, first.label("first"), last.label("last"))
    query = query.where(_sent.c.campaign_id.in_(ids)).group_by(_sent.c.campaign_id)
    sent = {row.campaign_id: row for row in connection.execute(query)}
    return tuple(
        CampaignRow(
            id=row.id,
            name=row.name,
            created_at=row.created_at,
            messages=row.messages,
            first_sent_at=sent[row.id].first if row.id in sent else None,
            last_sent_at=sent[row.id].last if row.id in sent else None,
            by_category=counts.get(row.id, {}),
        )
        for row in rows
    )


def _counts(connection: Connection, identifiers: Sequence[str]) -> dict[str, dict[str, int]]:
    number = func.count().label("number")
    query = (
        select(_links.c.campaign_id, _messages.c.category, number)
        .join(_messages, _messages.c.id == _links.c.message_id)
        .where(_links.c.campaign_id.in_(identifiers), _messages.c.held.is_not(True))
        .group_by(_links.c.campaign_id, _messages.c.category)
    )
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.campaign_id, {})[row.category or ""] = row.number
    return found


def _cursor(last: CampaignRow) -> str:
    place = f"{(last.created_at - EPOCH) // _MICROSECOND} {last.id}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
        at, _, identifier = text.partition(" ")
        return EPOCH + int(at) * _MICROSECOND, identifier
    except (ValueError, OverflowError) as error:
        raise ValueError("the cursor is not one of ours") from error
