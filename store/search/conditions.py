"""A query as a condition of SQL, exact: for rows of `messages` beside their words in `search`.

Tokens stand next to each other in a message where, with a space around them, they are a part of
its words. For whoever may not see forwarding confirmations, such a message has the words of its
sender and no others, in what a query asks for and in what it excludes: else a search would tell
what the message does not.
"""

from sqlalchemy import ColumnElement, Connection, and_, func, literal, not_, or_, select, true

from store import schema
from store.search.document import ATTACHMENT, CONFIRMATION
from store.search.query import (
    Clause,
    Field,
    HasAttachment,
    InCampaign,
    InCategory,
    Is,
    Leaf,
    Received,
    Size,
    State,
    Term,
    Words,
)
from store.search.tokens import Form

_messages, _search = schema.messages, schema.search

_STATES: dict[State, ColumnElement[bool]] = {
    State.UNREAD: _messages.c.seen.is_(False),
    State.READ: _messages.c.seen.is_(True),
    State.FLAGGED: _messages.c.flagged.is_(True),
    State.ARCHIVED: _messages.c.archived.is_(True),
    State.HELD: _messages.c.held.is_(True),
}


def needle_of(form: Form, field: Field) -> str:
    """What the words of a message have in them where they have this form."""
    tokens = " ".join(field.value + token for token in form.tokens)
    return f" {tokens}" if form.prefix else f" {tokens} "


class Conditions:
    """What clauses mean for one caller, in the words of one database."""

    def __init__(self, connection: Connection, *, sees_confirmations: bool) -> None:
        self._position = func.strpos if connection.dialect.name == "postgresql" else func.instr
        self._sees_confirmations = sees_confirmations

    def all_of(self, clauses: tuple[Clause, ...]) -> ColumnElement[bool]:
        """Every clause holds."""
        return and_(true(), *(self._clause(clause) for clause in clauses))

    def _clause(self, clause: Clause) -> ColumnElement[bool]:
        return or_(*(self._term(term) for term in clause))

    def _term(self, term: Term) -> ColumnElement[bool]:
        found = self._leaf(term.leaf)
        return not_(found) if term.negated else found

    def _leaf(self, leaf: Leaf) -> ColumnElement[bool]:
        if isinstance(leaf, Words):
            return self._words(leaf)
        if isinstance(leaf, HasAttachment):
            return self._open(self._has(f" {ATTACHMENT} "))
        return _column(leaf)

    def _words(self, leaf: Words) -> ColumnElement[bool]:
        found = self._any(leaf, leaf.field)
        if self._sees_confirmations or leaf.field is Field.FROM:
            return found
        if leaf.field is Field.ANY:
            return or_(self._open(found), self._any(leaf, Field.FROM))
        return self._open(found)

    def _open(self, found: ColumnElement[bool]) -> ColumnElement[bool]:
        """The same, but of no confirmation that the caller may not see."""
        if self._sees_confirmations:
            return found
        return and_(found, not_(self._has(f" {CONFIRMATION} ")))

    def _any(self, leaf: Words, field: Field) -> ColumnElement[bool]:
        return or_(*(self._has(needle_of(form, field)) for form in leaf.forms))

    def _has(self, needle: str) -> ColumnElement[bool]:
        words = func.coalesce(_search.c.words, " ")
        return self._position(words, literal(needle)) > 0


def answers(campaign: str) -> ColumnElement[bool]:
    """Few of all messages answer one campaign, so its own index is asked for them."""
    links = schema.message_campaigns
    return _messages.c.id.in_(select(links.c.message_id).where(links.c.campaign_id == campaign))


def _column(leaf: InCategory | InCampaign | Is | Received | Size) -> ColumnElement[bool]:
    if isinstance(leaf, InCategory):
        return func.coalesce(_messages.c.category, "") == leaf.name
    if isinstance(leaf, InCampaign):
        return answers(leaf.id)
    if isinstance(leaf, Is):
        return _STATES[leaf.state]
    if isinstance(leaf, Received):
        at = _messages.c.received_at
        return at < leaf.at if leaf.before else at >= leaf.at
    return _messages.c.size > leaf.octets if leaf.larger else _messages.c.size < leaf.octets
