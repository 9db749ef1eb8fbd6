"""Attachments: found by what they are, counted, gone with their message."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from mail.verdict import Action
from store.changes import save_digests
from store.dangerous import is_dangerous
from store.database import Database
from store.deletion import delete_message
from store.parts import MANY_PARTS, PartFilter, find_parts, same_files
from store.writer import Writer
from tests.store.samples import NOON, envelope, received

Send = Callable[..., str]


def file(name: str, sha256: str = "a", content_type: str = "image/png") -> dict[str, Any]:
    """An attachment as a digest has it."""
    return {
        "name": name,
        "content_type": content_type,
        "size": 7,
        "sha256": sha256 * 64,
        "inline": False,
    }


@pytest.fixture
def send(database: Database, writer: Writer) -> Send:
    """Puts a message with these attachments into the store; its id."""
    numbers = count()

    async def saved(item: Any) -> Any:
        return await writer.save_message(item)

    def send(*files: dict[str, Any], action: Action = Action.ACCEPT, **more: Any) -> str:
        number = next(numbers)
        letter = envelope(at=NOON + timedelta(seconds=number))
        item = received(b"Subject: %d\r\n\r\ntext\r\n" % number, action, letter)
        identifier = asyncio.run(saved(item)).id
        save_digests(database, {identifier: {"attachments": list(files)} | more})
        return str(identifier)

    return send


def names(database: Database, limit: int = 10, **wanted: Any) -> list[str]:
    return [one.name for one in find_parts(database, PartFilter(**wanted), limit).items]


def test_attachments_are_found_by_content_type_and_danger(database: Database, send: Send) -> None:
    send(file("one.png"), file("two.pdf", "b", "Application/PDF"))
    send(file("three.exe", "c", "application/octet-stream"), file("four.png", "a"))
    assert names(database) == ["three.exe", "four.png", "one.png", "two.pdf"]
    assert names(database, sha256="a" * 64) == ["four.png", "one.png"]
    assert names(database, content_type="application/pdf") == ["two.pdf"]
    assert names(database, dangerous=True) == ["three.exe"]
    assert same_files(database, ["a" * 64, "b" * 64, "0" * 64]) == {
        "a" * 64: 2,
        "b" * 64: 1,
        "0" * 64: 0,
    }


def test_attachments_come_a_page_of_messages_at_a_time(database: Database, send: Send) -> None:
    for number in range(3):
        send(file(f"{number}a"), file(f"{number}b"))
    first = find_parts(database, PartFilter(), 2)
    assert [one.name for one in first.items] == ["2a", "2b", "1a", "1b"]
    second = find_parts(database, PartFilter(), 2, first.next)
    assert ([one.name for one in second.items], second.next) == (["0a", "0b"], None)


def test_a_digest_that_is_saved_again_makes_the_rows_anew(database: Database, send: Send) -> None:
    identifier = send(file("one"), file("two"))
    save_digests(database, {identifier: {"attachments": [file("three")]}})
    assert names(database) == ["three"]
    delete_message(database, identifier, by="a", now=NOON)
    assert names(database) == []


def test_what_is_held_or_a_confirmation_is_not_told_to_everybody(
    database: Database, send: Send
) -> None:
    send(file("held"), action=Action.QUARANTINE)
    send(file("key"), confirmation={"code": "1"})
    assert names(database) == ["key"]
    assert names(database, sees_confirmations=False) == []
    assert same_files(database, ["a" * 64], sees_confirmations=False) == {"a" * 64: 0}


def test_of_a_flood_of_attachments_the_first_have_a_row(database: Database, send: Send) -> None:
    send(*[file(f"{number}") for number in range(MANY_PARTS + 50)])
    assert len(names(database)) == MANY_PARTS


@pytest.mark.parametrize(
    ("name", "content_type", "dangerous"),
    [
        ("a.EXE", "", True),
        ("a.exe ", "", True),
        ("report.pdf.js", "application/pdf", True),
        ("report.pdf", "application/x-msdownload", True),
        ("report.pdf", "application/pdf", False),
        ("exe", "", False),
        ("", "image/png", False),
    ],
)
def test_what_can_run_a_program_is_dangerous(name: str, content_type: str, dangerous: bool) -> None:
    assert is_dangerous(name, content_type) is dangerous
