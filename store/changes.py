"""What becomes of a message after it was stored: its digest, its flags, its release."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from mail.lineage import Lineage
from mail.reply_address import ReplyKey
from store import schema
from store.audit import note
from store.campaign_links import find_links, forget_links, write_links
from store.columns import storable, storable_json
from store.database import Database
from store.evidence import recount, weigh
from store.learning import finish_all, keep_learned
from store.marks import write_marks
from store.outbox import Job
from store.relations import Learned, relate, release
from store.search.document import document
from store.search.index import keep_words
from store.tallies import Changes, Kind

_COUNTED = ("held", "archived", "category", "seen")
_messages = schema.messages
_lies = schema.message_mailboxes


def save_digest(database: Database, identifier: str, digest: Mapping[str, Any]) -> bool:
    """Keep what was learned of a message, in the form that `postern digest --json` prints.

    May be called again with a newer digest. A category that a person chose stays. False: there
    is no such message (any more).
    """
    return save_digests(database, {identifier: digest}) == {identifier}


def save_digests(
    database: Database,
    digests: Mapping[str, Mapping[str, Any]],
    done: Iterable[Job] = (),
    lineages: Mapping[str, Lineage] | None = None,
    version: int = 0,
    reply_keys: Sequence[ReplyKey] = (),
) -> frozenset[str]:
    """The same for several messages in one commit, which also finishes the jobs `done`; the ids
    of those that are there. Much cheaper than one by one: a commit costs a turn and an fsync.

    `lineages` say what the digests do not: of which conversations and campaigns the messages are;
    `reply_keys` read the addresses that we signed. `version` is that of the digests' maker.
    """
    texts = {identifier: storable_json(digest) for identifier, digest in digests.items()}
    words = {identifier: document(kept) for identifier, kept in texts.items()}
    tallies = Changes()
    known = lineages or {}
    with database.write() as connection:
        links = find_links(connection, texts, known, reply_keys)
        for identifier in texts.keys() & known.keys():
            link = links.get(identifier)
            texts[identifier]["campaign"] = link.campaign.as_json() if link else None
        found = keep_learned(connection, texts, tallies)
        keep_words(connection, {identifier: words[identifier] for identifier in sorted(found)})
        forget_links(connection, (found & known.keys()) - links.keys())
        write_links(connection, {one: link for one, link in links.items() if one in found})
        write_marks(connection, {one: texts[one] for one in found})
        relate(connection, {one: Learned(texts[one], known.get(one), version) for one in found})
        weigh(connection, {one: texts[one] for one in found})
        finish_all(connection, done)
        tallies.write(connection)
    return found


def set_flags(
    database: Database,
    identifier: str,
    *,
    by: str,
    now: datetime,
    seen: bool | None = None,
    flagged: bool | None = None,
    archived: bool | None = None,
    category: str | None = None,
) -> bool:
    """Change what is not None. A category that a person chose stays for good. False: no such
    message."""
    flags = {"seen": seen, "flagged": flagged, "archived": archived, "category": category}
    values: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    with database.write() as connection:
        if _category_by(connection, identifier) is None:
            return False
        if values:
            note(connection, by, "message.change", identifier, now, **values)
            if category is not None:
                values |= {"category_by": storable(by), "confidence": 1.0}
            _change(connection, identifier, values)
        if category is not None:
            recount(connection, identifier)
    return True


def release_message(database: Database, identifier: str, *, by: str, now: datetime) -> bool:
    """A held message lies in its mailboxes from now on. False: none is held under this id."""
    held = select(_messages.c.id).where(_messages.c.id == identifier, _messages.c.held.is_(True))
    with database.write() as connection:
        if connection.execute(held).first() is None:
            return False
        _change(connection, identifier, {"held": False})
        release(connection, identifier)
        recount(connection, identifier)
        note(connection, by, "message.release", identifier, now)
    return True


def mark_within(connection: Connection, identifier: str, values: dict[str, Any]) -> None:
    """Give a message that this transaction made the flags or the category that it came with."""
    _change(connection, identifier, values)


def _change(connection: Connection, identifier: str, values: dict[str, Any]) -> None:
    """Write to the message, to the copies that its mailboxes' lists read, and to the tallies."""
    copies = {name: value for name, value in values.items() if name in _lies.c}
    counted = {name: values[name] for name in _COUNTED if name in values}
    tallies = Changes()
    if counted:
        mailboxes = _mailboxes_of(connection, identifier)
        before, octets = _counted(connection, identifier)
        counted["category"] = counted.get("category", before.category) or ""
        tallies.add(before, mailboxes, octets, -1)
        tallies.add(replace(before, **counted), mailboxes, octets)
    connection.execute(update(_messages).where(_messages.c.id == identifier).values(**values))
    if copies:
        connection.execute(update(_lies).where(_lies.c.message_id == identifier).values(**copies))
    tallies.write(connection)


def _counted(connection: Connection, identifier: str) -> tuple[Kind, int]:
    """What a message is counted by, and the octets that are kept of it."""
    query = select(_messages).where(_messages.c.id == identifier)
    row = connection.execute(query).one()
    octets = row.size if row.bytes_gone_at is None else 0
    return Kind(row.held, row.archived, row.category or "", row.seen), octets


def _mailboxes_of(connection: Connection, identifier: str) -> list[str]:
    query = select(_lies.c.mailbox_id).where(_lies.c.message_id == identifier)
    return list(connection.execute(query).scalars())


def _category_by(connection: Connection, identifier: str) -> str | None:
    """Who chose the category; "" for nobody, None where there is no such message."""
    query = select(_messages.c.category_by).where(_messages.c.id == identifier)
    row = connection.execute(query).first()
    return None if row is None else row.category_by or ""
