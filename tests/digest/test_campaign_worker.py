"""The worker finds the campaign of a message, with the keys of this house and without."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from digest.worker import Worker
from mail.address import Domain
from mail.campaign import How
from mail.reply_address import ReplyKey, mint
from store.campaigns import link_of
from store.database import Database, open_database
from store.domains import add_domain
from store.writer import Writer
from tests.fakes import NOON, FixedClock
from tests.store.samples import received
from tests.stores import new_store

KEY = ReplyKey("aa", b"0123456789abcdef")
ADDRESS = str(mint(KEY, Domain("reply.example"), "spring26", "li@kunde.example").address)


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[tuple[Database, str]]:
    """A store with one message to a signed address, and its id."""
    database = open_database(new_store(tmp_path / "data"))
    add_domain(database, "reply.example", "all", "cli", NOON)
    writer = Writer(database, lambda: NOON)
    writer.start()
    content = f"From: li@kunde.example\r\nTo: {ADDRESS}\r\nSubject: Re: x\r\n\r\nYes.\r\n".encode()
    kept = asyncio.run(writer.save_message(received(content)))
    writer.close()
    yield database, kept.id
    database.close()


@pytest.mark.parametrize("keys", [[KEY], []])
def test_a_signed_address_is_read_with_the_keys(
    stored: tuple[Database, str], keys: Sequence[ReplyKey]
) -> None:
    database, identifier = stored
    worker = Worker(database, "w", FixedClock(), reply_keys=lambda: keys)
    assert worker.run_once() == 1
    link = link_of(database, identifier)
    if keys:
        assert link is not None
        assert (link.campaign.id, link.campaign.how) == ("spring26", How.ADDRESS)
    else:
        assert link is None
