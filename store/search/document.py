"""What the index has of one message: a row of tokens with a space around each.

First the words of each field, as ANY finds them, and once more with the mark of the field; then
facts that never change (`©attachment`), and last the pairs of neighbours (`neighbours`). Between
two sequences stands a GAP, so that no phrase reaches from one into the next. Whether tokens stand
next to each other in a message is therefore a question about a part of a string, and that is how
databases are asked it; the pairs only tell the index whom to ask.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from store.search.neighbours import pairs_of
from store.search.query import Field
from store.search.tokens import id_token, sequences

TEXT_CHARACTERS = 200_000
"""How much of a message's text can be searched."""

MOST_OCTETS = 800_000
"""Of different tokens of one message, without its pairs: PostgreSQL takes a megabyte."""

GAP = "¬"
ATTACHMENT = "©attachment"
CONFIRMATION = "©confirmation"

_FIELD_CHARACTERS = 20_000


def document(digest: Mapping[str, Any]) -> str:
    """The words of a message from its digest (as `postern digest --json` prints it, storable).

    Not the text of a forwarding confirmation, whose code is a key; that it is one is a fact, by
    which the search keeps the rest from those who may not see it.
    """
    plain = list(_sequences(digest))
    rows = f" {GAP} ".join(" ".join(row) for row in (*_marked(plain), *_facts(digest)))
    if len(rows) > MOST_OCTETS // 4 and len(rows.encode()) > MOST_OCTETS:
        rows = " ".join(_fitting(rows.split()))
    near = " ".join(pairs_of(row for _, row in plain))
    words = f" {rows} " if rows else " "
    return f"{words}{GAP} {near} " if near else words


def size_fact(octets: int) -> str:
    """The fact by which messages of about this size are found: the power of two below it."""
    return f"©size{octets.bit_length()}"


def with_size(words: str, octets: int) -> str:
    """A document with its size, which its digest does not tell."""
    return f"{words}{GAP} {size_fact(octets)} "


def _fitting(tokens: Iterable[str]) -> Iterator[str]:
    """As much as the database takes; the text, which is long, comes last."""
    seen: set[str] = set()
    room = MOST_OCTETS
    for token in tokens:
        if token not in seen:
            seen.add(token)
            room -= len(token.encode())
            if room < 0:
                return
        yield token


def _sequences(digest: Mapping[str, Any]) -> Iterator[tuple[Field, tuple[str, ...]]]:
    for field, text in _fields(digest):
        for sequence in sequences(text[:_FIELD_CHARACTERS]):
            yield field, sequence
    if not digest.get("confirmation"):
        for sequence in sequences((digest.get("text") or "")[:TEXT_CHARACTERS]):
            yield Field.ANY, sequence


def _marked(plain: Iterable[tuple[Field, tuple[str, ...]]]) -> Iterator[tuple[str, ...]]:
    for field, sequence in plain:
        yield sequence
        if field is not Field.ANY:
            yield tuple(field + token for token in sequence)


def _facts(digest: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    found = id_token(digest.get("message_id") or "")
    if found is not None:
        yield (found,)
    if any(not one.get("inline") for one in digest.get("attachments") or []):
        yield (ATTACHMENT,)
    if digest.get("confirmation"):
        yield (CONFIRMATION,)


def _fields(digest: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
    yield Field.SUBJECT, digest.get("subject") or ""
    for person in [digest.get("from") or {}]:
        yield Field.FROM, person.get("name") or ""
        yield Field.FROM, person.get("address") or ""
    for person in digest.get("to") or []:
        yield Field.TO, person.get("name") or ""
        yield Field.TO, person.get("address") or ""
    for attachment in digest.get("attachments") or []:
        yield Field.FILENAME, attachment.get("name") or ""
