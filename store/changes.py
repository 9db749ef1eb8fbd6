"""What becomes of a message after it was stored: its digest, its flags, its release, its end."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from mail.errors import StoreProblem
from mail.message import parse_message
from store import schema
from store.audit import note
from store.blobs import let_go, open_blob
from store.columns import storable, storable_json
from store.database import Database
from store.fold import fold
from store.outbox import Job, finish_within
from store.rows import HEADER_BYTES
from store.tallies import Changes, Kind
from store.upsert import insert_into

SEARCH_CHARACTERS = 200_000
"""How much of a message's text can be searched."""

SNIPPET_CHARACTERS = 200

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
    database: Database, digests: Mapping[str, Mapping[str, Any]], done: Iterable[Job] = ()
) -> frozenset[str]:
    """The same for several messages in one commit, which also finishes the jobs `done`; the ids
    of those that are there. Much cheaper than one by one: a commit costs a turn and an fsync."""
    texts = {identifier: storable_json(digest) for identifier, digest in digests.items()}
    searches = {identifier: _search_text(kept) for identifier, kept in texts.items()}
    with database.write() as connection:
        found = frozenset(
            identifier
            for identifier, kept in texts.items()
            if _keep_digest(connection, identifier, kept, searches[identifier])
        )
        for job in done:
            finish_within(connection, job)
    return found


def _keep_digest(
    connection: Connection, identifier: str, digest: Mapping[str, Any], search: str
) -> bool:
    chosen = _category_by(connection, identifier)
    if chosen is None:
        return False
    values = _learned(digest)
    if chosen:
        del values["category"], values["confidence"]
    _change(connection, identifier, values)
    table = schema.digests
    insertion = insert_into(connection, table).values(
        message_id=identifier, digest=digest, search=search
    )
    anew = insertion.on_conflict_do_update(
        index_elements=[table.c.message_id],
        set_={"digest": insertion.excluded.digest, "search": insertion.excluded.search},
    )
    connection.execute(anew)
    return True


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
    return True


def release_message(database: Database, identifier: str, *, by: str, now: datetime) -> bool:
    """A held message lies in its mailboxes from now on. False: none is held under this id."""
    held = select(_messages.c.id).where(_messages.c.id == identifier, _messages.c.held.is_(True))
    with database.write() as connection:
        if connection.execute(held).first() is None:
            return False
        _change(connection, identifier, {"held": False})
        note(connection, by, "message.release", identifier, now)
    return True


def delete_message(database: Database, identifier: str, *, by: str, now: datetime) -> bool:
    """Remove a message and its bytes; its row in the log stays, with its header block (but not
    of a forwarding confirmation: the code in its subject is a key).

    The tombstone keeps it from coming back: what is sent or pulled again is linked to it. False:
    no such message.
    """
    with database.write() as connection:
        query = select(_messages.c.sha256).where(_messages.c.id == identifier)
        sha256 = connection.execute(query).scalar()
        if sha256 is None:
            return False
        _bury(connection, identifier, sha256, by, now)
        if _is_confirmation(connection, identifier):
            _forget_subject(connection, identifier)
        else:
            _keep_header(connection, database, identifier, sha256)
        connection.execute(delete(schema.outbox).where(schema.outbox.c.message_id == identifier))
        connection.execute(delete(_messages).where(_messages.c.id == identifier))
        let_go(connection, sha256)
        note(connection, by, "message.delete", identifier, now)
    return True


def _change(connection: Connection, identifier: str, values: dict[str, Any]) -> None:
    """Write to the message, to the copies that its mailboxes' lists read, and to the tallies."""
    copies = {name: value for name, value in values.items() if name in _lies.c}
    counted = {name: values[name] for name in _COUNTED if name in values}
    tallies = Changes()
    if counted:
        mailboxes = _mailboxes_of(connection, identifier)
        before = _kind_of(connection, identifier)
        counted["category"] = counted.get("category", before.category) or ""
        tallies.add(before, mailboxes, -1)
        tallies.add(replace(before, **counted), mailboxes)
    connection.execute(update(_messages).where(_messages.c.id == identifier).values(**values))
    if copies:
        connection.execute(update(_lies).where(_lies.c.message_id == identifier).values(**copies))
    tallies.write(connection)


def _kind_of(connection: Connection, identifier: str) -> Kind:
    query = select(_messages).where(_messages.c.id == identifier)
    row = connection.execute(query).one()
    return Kind(row.held, row.archived, row.category or "", row.seen)


def _mailboxes_of(connection: Connection, identifier: str) -> list[str]:
    query = select(_lies.c.mailbox_id).where(_lies.c.message_id == identifier)
    return list(connection.execute(query).scalars())


def _category_by(connection: Connection, identifier: str) -> str | None:
    """Who chose the category; "" for nobody, None where there is no such message."""
    query = select(_messages.c.category_by).where(_messages.c.id == identifier)
    row = connection.execute(query).first()
    return None if row is None else row.category_by or ""


def _learned(digest: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that lists show."""
    sender = digest.get("from") or {}
    attachments = digest.get("attachments") or []
    return {
        "category": digest.get("category"),
        "confidence": digest.get("confidence"),
        "subject": digest.get("subject") or "",
        "from_name": sender.get("name") or "",
        "from_address": sender.get("address") or "",
        "date": _moment(digest.get("date")),
        "snippet": _snippet(digest),
        "attachments": sum(not one.get("inline") for one in attachments),
        "digested": True,
    }


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _snippet(digest: Mapping[str, Any]) -> str:
    """The first words. A forwarding confirmation shows none: its code is a key."""
    if digest.get("confirmation"):
        return ""
    text = digest.get("reply_text") or digest.get("text") or ""
    return " ".join(text[: 4 * SNIPPET_CHARACTERS].split())[:SNIPPET_CHARACTERS]


def _search_text(digest: Mapping[str, Any]) -> str:
    """Everything that a search looks through, folded. Not the text of a confirmation."""
    found = "\n".join(part for part in _searchable(digest) if part)
    return fold(found[:SEARCH_CHARACTERS])


def _searchable(digest: Mapping[str, Any]) -> Iterable[str]:
    yield digest.get("subject") or ""
    for person in (digest.get("from") or {}, *(digest.get("to") or [])):
        yield person.get("name") or ""
        yield person.get("address") or ""
    for attachment in digest.get("attachments") or []:
        yield attachment.get("name") or ""
    yield digest.get("message_id") or ""
    if not digest.get("confirmation"):
        yield digest.get("text") or ""


def _bury(connection: Connection, identifier: str, sha256: str, by: str, now: datetime) -> None:
    """The tombstone, and the tallies that go with it."""
    mailboxes = _mailboxes_of(connection, identifier)
    tallies = Changes()
    tallies.add(_kind_of(connection, identifier), mailboxes, -1)
    tallies.write(connection)
    connection.execute(
        insert(schema.tombstones).values(
            message_id=identifier,
            sha256=sha256,
            mailboxes=mailboxes,
            deleted_at=now,
            deleted_by=storable(by),
        )
    )


def _is_confirmation(connection: Connection, identifier: str) -> bool:
    query = select(schema.digests.c.digest).where(schema.digests.c.message_id == identifier)
    digest = connection.execute(query).scalar()
    return bool(digest and digest.get("confirmation"))


def _forget_subject(connection: Connection, identifier: str) -> None:
    """Once the message is gone, nothing would tell the log whom its subject is for."""
    log = schema.transactions
    same = or_(log.c.id == identifier, log.c.duplicate_of == identifier)
    connection.execute(update(log).where(same).values(subject=None))
    kept = update(schema.reports).where(schema.reports.c.transaction_id == identifier)
    connection.execute(kept.values(header_block=b""))


def _keep_header(connection: Connection, database: Database, identifier: str, sha256: str) -> None:
    """The log keeps headers longer than the message lives."""
    try:
        block = parse_message(open_blob(connection, database.blob_folder, sha256)).header_block
    except StoreProblem:
        block = b""  # missing or altered bytes must not keep a message from being deleted
    table = schema.reports
    connection.execute(
        update(table)
        .where(table.c.transaction_id == identifier)
        .values(header_block=block[:HEADER_BYTES])
    )
