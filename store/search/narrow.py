"""Of a query what an index of tokens can answer: a question that finds all that the query finds,
and perhaps more.

A clause takes part where each of its terms names tokens that must be there. What is excluded does
not, and neither does what a column says; except sizes, of which the index has the power of two.
"""

from collections.abc import Callable
from dataclasses import dataclass

from store.search.document import ATTACHMENT, size_fact
from store.search.query import Clause, Field, HasAttachment, Leaf, Query, Size, Words

MOST_CLAUSES = 16
"""Clauses that an index is asked; more make no answer shorter."""

MOST_TOKENS = 8
"""Tokens of one form that an index is asked."""

_LARGEST = 40
"""The power of two above all sizes of messages."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the index, or all that begin like this."""

    text: str
    prefix: bool = False


Together = tuple[Token, ...]
"""Tokens of which each must be there."""

Choice = tuple[Together, ...]
"""Of which one must be."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """`choices` is what to ask the index, all of them at once; `rest` are the clauses that its
    answer does not settle."""

    choices: tuple[Choice, ...]
    rest: tuple[Clause, ...]

    @property
    def has_prefix(self) -> bool:
        """Whether the index has to put together what begins alike."""
        tokens = (token for choice in self.choices for together in choice for token in together)
        return any(token.prefix for token in tokens)


def narrow(query: Query, *, sees_confirmations: bool) -> Narrowed:
    """What the index can say of this query."""
    choices: list[Choice] = []
    rest: list[Clause] = []
    for clause in query.clauses:
        choice = _choice(clause) if len(choices) < MOST_CLAUSES else None
        if choice is not None:
            choices.append(choice)
        if choice is None or not sees_confirmations or not _is_settled(clause):
            rest.append(clause)
    return Narrowed(tuple(choices), tuple(rest))


def _choice(clause: Clause) -> Choice | None:
    found: list[Together] = []
    for term in clause:
        ways = () if term.negated else _ways(term.leaf)
        if not ways:
            return None
        found.extend(ways)
    return tuple(dict.fromkeys(found))


def _ways(leaf: Leaf) -> tuple[Together, ...]:
    if isinstance(leaf, Words):
        return tuple(_together(leaf.field, form.tokens, form.prefix) for form in leaf.forms)
    if isinstance(leaf, HasAttachment):
        return ((Token(ATTACHMENT),),)
    if isinstance(leaf, Size):
        return tuple((Token(fact),) for fact in _facts(leaf))
    return ()


def _together(field: Field, tokens: tuple[str, ...], prefix: bool) -> Together:
    last = len(tokens) - 1
    found = (
        Token(field.value + token, prefix and place == last) for place, token in enumerate(tokens)
    )
    return tuple(dict.fromkeys(found))[-MOST_TOKENS:]


def _facts(leaf: Size) -> list[str]:
    here = leaf.octets.bit_length()
    span = range(here, _LARGEST + 1) if leaf.larger else range(here + 1)
    return [size_fact(1 << bits >> 1) for bits in span]


def _is_settled(clause: Clause) -> bool:
    """Whether the index answers this clause exactly: no neighbours, no sizes in between."""
    return all(
        isinstance(term.leaf, HasAttachment)
        or (isinstance(term.leaf, Words) and all(len(form.tokens) == 1 for form in term.leaf.forms))
        for term in clause
    )


def fts5(choices: tuple[Choice, ...]) -> str:
    """The question in the words of FTS5."""
    return _joined(
        choices, " AND ", " OR ", lambda one: f'"{one.text}"{" *" if one.prefix else ""}'
    )


def tsquery(choices: tuple[Choice, ...]) -> str:
    """The question in the words of PostgreSQL."""
    return _joined(choices, " & ", " | ", lambda one: f"'{one.text}'{':*' if one.prefix else ''}")


def _joined(
    choices: tuple[Choice, ...], both: str, either: str, word: Callable[[Token], str]
) -> str:
    written = []
    for choice in choices:
        ways = (f"({both.join(word(token) for token in together)})" for together in choice)
        written.append(f"({either.join(ways)})")
    return both.join(written)
