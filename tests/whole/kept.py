"""What a store has, read through the store's own functions."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from store.database import Database
from store.messages import MessageFilter, find_messages, open_raw
from store.page import MAX_LIMIT, Page

T = TypeVar("T")


def messages(database: Database, held: Sequence[bool] = (False, True)) -> Iterator[bytes]:
    """The bytes of every message; held ones included, unless `held` says otherwise."""
    for which in held:
        wanted = MessageFilter(held=which)

        def page_of(cursor: str | None, wanted: MessageFilter = wanted) -> Page[str]:
            page = find_messages(database, wanted, MAX_LIMIT, cursor)
            return Page(tuple(item.id for item in page.items), page.next)

        for identifier in every(page_of):
            yield open_raw(database, identifier).read()


def every(page_of: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All items of all pages."""
    cursor: str | None = None
    while True:
        page = page_of(cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return
