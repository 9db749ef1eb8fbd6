"""Which mail is a person's: read from rows of the log and what was learned of them.

What they sent or were sent, by the envelope, the author field, the recipients that the digest
names, what a returned or forwarded message says of them, and, for refused mail, the header block.
Other mail that only mentions them, in its text or in Cc, is somebody else's: it is told apart.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, Text, cast, select

from store import schema
from store.person import Person

_log = schema.transactions
_messages = schema.messages
_lies = schema.message_mailboxes

_OF_THE_TEXT = ("text", "reply_text", "html", "subject", "attachments", "calendar")
"""What a digest says of the content; all else in it is about people."""


class Relation(StrEnum):
    """What a piece of mail has to do with a person."""

    OWN = "own"
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class Concerned:
    """A row of the log that names the person; `octets` of its kept bytes."""

    id: str
    relation: Relation
    is_message: bool
    octets: int


def concerned(
    connection: Connection, person: Person, after: str, rows: int
) -> tuple[tuple[Concerned, ...], str | None]:
    """Of the next `rows` of the log those that name the person, and the last id that was looked
    at; None at the end of the log."""
    found = connection.execute(_query(after, rows)).all()
    if not found:
        return (), None
    own = _in_own_mailbox(connection, person, [row.id for row in found])
    return tuple(_concerned(found, person, own)), found[-1].id


def _query(after: str, rows: int) -> Select[Any]:
    reports, digests = schema.reports, schema.digests
    return (
        select(
            _log,
            _messages.c.id.label("message"),
            _messages.c.size.label("octets"),
            _messages.c.bytes_gone_at,
            _messages.c.from_address,
            cast(digests.c.digest, Text).label("digest"),
            cast(reports.c.report, Text).label("report"),
            cast(reports.c.verdict, Text).label("verdict"),
            reports.c.header_block,
            reports.c.received,
            reports.c.authentication_results,
        )
        .outerjoin(_messages, _messages.c.id == _log.c.id)
        .outerjoin(digests, digests.c.message_id == _log.c.id)
        .outerjoin(reports, reports.c.transaction_id == _log.c.id)
        .where(_log.c.id > after)
        .order_by(_log.c.id)
        .limit(rows)
    )


def _concerned(rows: Iterable[Any], person: Person, own: set[str]) -> Iterator[Concerned]:
    for row in rows:
        relation = Relation.OWN if row.id in own else _relation(row, person)
        if relation is not None:
            kept = row.message is not None and row.bytes_gone_at is None
            octets = row.octets if kept else 0
            yield Concerned(row.id, relation, row.message is not None, octets)


def _relation(row: Any, person: Person) -> Relation | None:
    if _is_own(row, person):
        return Relation.OWN
    named = person.is_in_json(row.digest) or person.is_in((row.subject, row.message_id))
    return Relation.MENTION if named else None


def _is_own(row: Any, person: Person) -> bool:
    plain = (row.mail_from, row.rcpt_to, row.helo, row.text, row.from_address)
    octets = (row.header_block, row.received, row.authentication_results)
    if person.is_in(plain) or person.is_in(octets):
        return True
    if person.is_in_json(row.report) or person.is_in_json(row.verdict):
        return True
    return person.is_in_json(row.digest) and _is_among_people(row.digest, person)


def _is_among_people(digest: str, person: Person) -> bool:
    known = json.loads(digest)
    return any(person.is_in(value) for name, value in known.items() if name not in _OF_THE_TEXT)


def _in_own_mailbox(connection: Connection, person: Person, identifiers: Sequence[str]) -> set[str]:
    """What lies in the mailbox of an account that was the person's, whoever is named in it."""
    boxes = schema.mailboxes
    theirs = select(boxes.c.id).where(boxes.c.kind == "bound", boxes.c.address == person.address)
    query = select(_lies.c.message_id).where(
        _lies.c.message_id.in_(identifiers), _lies.c.mailbox_id.in_(theirs)
    )
    return set(connection.execute(query).scalars())
