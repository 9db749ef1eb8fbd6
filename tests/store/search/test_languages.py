import pytest

from store.database import Database
from store.domains import DomainRow
from store.messages import MessageFilter, find_messages, save_digests
from store.writer import Writer
from tests.store.samples import envelope, received
from tests.store.search.languages import QUERIES, TEXTS


async def test_each_language_finds_what_it_should_and_nothing_else(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    names = {}
    for name in TEXTS:
        content = f"From: x@example.org\r\n\r\n{name}\r\n".encode()
        letter = envelope(mailboxes=(domain.mailbox,))
        names[(await writer.save_message(received(content, letter=letter))).id] = name
    save_digests(database, {key: _digest(TEXTS[name]) for key, name in names.items()})
    wrong = []
    for query, expected in QUERIES:
        page = find_messages(database, MessageFilter(q=query), 100)
        found = {names[row.id] for row in page.items}
        if found != set(expected.split()):
            wrong.append((query, expected, sorted(found)))
    assert wrong == []


def _digest(said: dict[str, object]) -> dict[str, object]:
    return {"subject": "", "text": "", "category": "notice", "confidence": 1.0, **said}


@pytest.mark.parametrize("kind", ["positive", "negative"])
def test_the_table_is_large_enough_to_mean_something(kind: str) -> None:
    found = [query for query, expected in QUERIES if bool(expected) == (kind == "positive")]
    assert len(found) >= (100 if kind == "positive" else 12)
