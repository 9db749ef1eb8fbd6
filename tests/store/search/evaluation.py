"""What a query means, without a database: each term is looked for among the tokens of a message,
one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.search.query import (
    Field,
    HasAttachment,
    InCampaign,
    InCategory,
    Is,
    Leaf,
    Query,
    Received,
    State,
    Words,
)
from store.search.tokens import Form, id_token, sequences


@dataclass(frozen=True)
class Mail:
    """A message as a search may know it."""

    digest: Mapping[str, Any]
    received_at: datetime
    size: int
    seen: bool = False
    flagged: bool = False
    archived: bool = False

    @property
    def is_confirmation(self) -> bool:
        return bool(self.digest.get("confirmation"))


def fits(query: Query, mail: Mail, *, sees_confirmations: bool = True) -> bool:
    """Whether the query finds the message."""
    closed = mail.is_confirmation and not sees_confirmations
    return not query.finds_nothing and all(
        any(_holds(term.leaf, mail, closed) is not term.negated for term in clause)
        for clause in query.clauses
    )


def _holds(leaf: Leaf, mail: Mail, closed: bool) -> bool:
    if isinstance(leaf, Words):
        return any(_stands(form, leaf.field, mail, closed) for form in leaf.forms)
    if isinstance(leaf, HasAttachment):
        files = mail.digest.get("attachments") or []
        return not closed and any(not one.get("inline") for one in files)
    if isinstance(leaf, InCategory):
        return bool(mail.digest.get("category") == leaf.name)
    if isinstance(leaf, InCampaign):
        return bool((mail.digest.get("campaign") or {}).get("id") == leaf.id)
    if isinstance(leaf, Is):
        return {
            State.UNREAD: not mail.seen,
            State.READ: mail.seen,
            State.FLAGGED: mail.flagged,
            State.ARCHIVED: mail.archived,
            State.HELD: False,
        }[leaf.state]
    if isinstance(leaf, Received):
        return (mail.received_at < leaf.at) is leaf.before
    return mail.size > leaf.octets if leaf.larger else mail.size < leaf.octets


def _stands(form: Form, field: Field, mail: Mail, closed: bool) -> bool:
    if closed:
        if field not in (Field.ANY, Field.FROM):
            return False
        field = Field.FROM
    return any(_is_within(form, row) for row in _rows(mail, field))


def _rows(mail: Mail, field: Field) -> list[tuple[str, ...]]:
    digest = mail.digest
    sender = digest.get("from") or {}
    texts = {
        Field.SUBJECT: [digest.get("subject")],
        Field.FROM: [sender.get("name"), sender.get("address")],
        Field.TO: [one[key] for one in digest.get("to") or [] for key in ("name", "address")],
        Field.FILENAME: [one["name"] for one in digest.get("attachments") or []],
    }
    if field is not Field.ANY:
        return [row for text in texts[field] for row in sequences(text or "")]
    rows = [row for known in texts.values() for text in known for row in sequences(text or "")]
    token = id_token(digest.get("message_id") or "")
    rows += [(token,)] if token else []
    return rows if mail.is_confirmation else rows + sequences(digest.get("text") or "")


def _is_within(form: Form, row: tuple[str, ...]) -> bool:
    length = len(form.tokens)
    return any(
        row[start : start + length - 1] == form.tokens[:-1]
        and _matches(row[start + length - 1], form)
        for start in range(len(row) - length + 1)
    )


def _matches(token: str, form: Form) -> bool:
    last = form.tokens[-1]
    return token.startswith(last) if form.prefix else token == last
