"""Of a query what an index of tokens can answer: a question that finds all that the query finds,
and perhaps more.

A clause takes part where each of its terms names tokens that must be there, or where it excludes
one word from what others find. What a column says does not; except sizes, of which the index has
the power of two. A row of tokens is looked for by its pairs of neighbours, because two words that
many messages have seldom stand side by side.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from store.search.document import ATTACHMENT, size_fact
from store.search.neighbours import MANY, pairs
from store.search.query import Clause, Field, HasAttachment, Leaf, Query, Size, Words
from store.search.tokens import Form

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
    """`choices` is what to ask the index, all of them at once, and `excluded` what none of the
    found may have; `rest` are the clauses that its answer does not settle."""

    choices: tuple[Choice, ...]
    excluded: tuple[Token, ...]
    rest: tuple[Clause, ...]

    @property
    def has_prefix(self) -> bool:
        """Whether the index has to put together what begins alike."""
        tokens = (token for choice in self.choices for together in choice for token in together)
        return any(token.prefix for token in (*tokens, *self.excluded))


def narrow(query: Query, *, sees_confirmations: bool) -> Narrowed:
    """What the index can say of this query."""
    choices: list[Choice] = []
    excluded: list[Token] = []
    rest: list[Clause] = []
    for clause in query.clauses:
        choice = _choice(clause) if len(choices) < MOST_CLAUSES else None
        words = _excluded(clause) if sees_confirmations else ()
        if choice is not None:
            choices.append(choice)
        elif words and len(excluded) + len(words) <= MOST_CLAUSES:
            excluded += words
            continue
        if choice is None or not sees_confirmations or not _is_settled(clause):
            rest.append(clause)
    return Narrowed(tuple(choices), tuple(excluded), tuple(rest))


def _choice(clause: Clause) -> Choice | None:
    found: list[Together] = []
    for term in clause:
        ways = () if term.negated else tuple(_ways(term.leaf))
        if not ways:
            return None
        found.extend(ways)
    return tuple(dict.fromkeys(found))


def _excluded(clause: Clause) -> tuple[Token, ...]:
    """The words that this clause, and it does nothing else, excludes."""
    leaf = clause[0].leaf
    if len(clause) > 1 or not clause[0].negated or not isinstance(leaf, Words):
        return ()
    if any(len(form.tokens) > 1 for form in leaf.forms):
        return ()
    return tuple(token for form in leaf.forms for token in _tokens(leaf.field, form))


def _ways(leaf: Leaf) -> Iterator[Together]:
    if isinstance(leaf, Words):
        for form in leaf.forms:
            yield from _ways_of(leaf.field, form)
    elif isinstance(leaf, HasAttachment):
        yield (Token(ATTACHMENT),)
    elif isinstance(leaf, Size):
        for fact in _facts(leaf):
            yield (Token(fact),)


def _ways_of(field: Field, form: Form) -> Iterator[Together]:
    """By pairs; and, of messages without them, by tokens."""
    tokens = _tokens(field, form)
    near = [Token(pair) for pair in pairs(form.tokens[:-1] if form.prefix else form.tokens)]
    if not near:
        yield tokens
        return
    is_said = field is Field.ANY and not form.prefix
    yield tuple(dict.fromkeys(near))[:MOST_TOKENS] + (() if is_said else tokens)
    yield (Token(MANY), *tokens)


def _tokens(field: Field, form: Form) -> Together:
    last = len(form.tokens) - 1
    found = (
        Token(field.value + token, form.prefix and place == last)
        for place, token in enumerate(form.tokens)
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


def fts5(narrowed: Narrowed) -> str:
    """The question in the words of FTS5."""

    def word(one: Token) -> str:
        return f'"{one.text}"{" *" if one.prefix else ""}'

    found = _joined(narrowed.choices, " AND ", " OR ", word)
    without = " OR ".join(word(one) for one in narrowed.excluded)
    return f"({found}) NOT ({without})" if without else found


def tsquery(narrowed: Narrowed) -> str:
    """The question in the words of PostgreSQL."""

    def word(one: Token) -> str:
        return f"'{one.text}'{':*' if one.prefix else ''}"

    found = _joined(narrowed.choices, " & ", " | ", word)
    without = " | ".join(word(one) for one in narrowed.excluded)
    return f"({found}) & !({without})" if without else found


def _joined(
    choices: tuple[Choice, ...], both: str, either: str, word: Callable[[Token], str]
) -> str:
    written = []
    for choice in choices:
        ways = (f"({both.join(word(token) for token in together)})" for together in choice)
        written.append(f"({either.join(ways)})")
    return both.join(written)
