from datetime import timedelta

from mail.reply_address import ReplyTag
from store.database import Database
from store.reply_tags import find_tag, keep_tag
from tests.store.samples import NOON

HANDLE = "a" * 24


def test_a_handle_stands_for_what_was_kept(database: Database) -> None:
    keep_tag(database, HANDLE, "Spring 2026", "李明@customer.example", NOON)
    keep_tag(database, HANDLE, "Spring 2026", "李明@customer.example", NOON + timedelta(days=1))
    found = find_tag(database, ReplyTag(handle=HANDLE))
    assert found == ReplyTag("Spring 2026", "李明@customer.example", HANDLE)


def test_an_unknown_handle_stands_for_nothing(database: Database) -> None:
    assert find_tag(database, ReplyTag(handle=HANDLE)) is None


def test_a_tag_in_clear_needs_no_store(database: Database) -> None:
    tag = ReplyTag("spring", "wang@customer.example")
    assert find_tag(database, tag) is tag
