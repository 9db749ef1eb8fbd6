"""A clock that is set back while mail comes in: order suffers, and nothing else."""

from datetime import datetime, timedelta

from mail.identifier import new_id
from store.database import Database
from store.domains import DomainRow
from store.messages import MessageFilter, find_messages
from store.transactions import TransactionFilter, find_transactions
from store.writer import Writer
from tests.store.samples import NOON, envelope, received

HOUR = timedelta(hours=1)
CLOCK = [NOON, NOON + HOUR, NOON - HOUR, NOON - HOUR / 2, NOON + HOUR / 2]
"""What the clock said as the messages came: it was an hour ahead, and was set back by two."""


async def come_in(writer: Writer, domain: DomainRow) -> list[str]:
    ids = []
    for number, at in enumerate(CLOCK):
        letter = received(
            b"Subject: %d\r\n\r\n" % number, letter=envelope(mailboxes=[domain.mailbox], at=at)
        )
        ids.append((await writer.save_message(letter)).id)
    return ids


async def test_pages_skip_nothing_and_repeat_nothing(
    database: Database, writer: Writer, domain: DomainRow
) -> None:
    ids = await come_in(writer, domain)
    found, cursor = [], None
    for _ in CLOCK:
        page = find_messages(database, MessageFilter(), 1, cursor)
        found += [one.id for one in page.items]
        cursor = page.next
    assert cursor is None
    assert found == sorted(ids, reverse=True)


async def test_a_span_of_time_has_what_the_clock_said(
    database: Database, writer: Writer, domain: DomainRow
) -> None:
    await come_in(writer, domain)

    def times(since: datetime, until: datetime) -> list[datetime]:
        wanted = TransactionFilter(since=since, until=until)
        return [one.received_at for one in find_transactions(database, wanted, 50).items]

    assert times(NOON - HOUR, NOON) == [NOON - HOUR / 2, NOON - HOUR]
    assert times(NOON, NOON + 2 * HOUR) == [NOON + HOUR, NOON + HOUR / 2, NOON]


async def test_what_is_sent_again_after_the_step_is_known_still(
    database: Database, writer: Writer, domain: DomainRow
) -> None:
    """Its first copy came in the future."""
    letters = [
        received(b"Subject: one\r\n\r\n", letter=envelope(mailboxes=[domain.mailbox], at=at))
        for at in (NOON + HOUR, NOON - HOUR)
    ]
    first, second = [await writer.save_message(one) for one in letters]
    assert (first.duplicate_of, second.duplicate_of) == (None, first.id)


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id(NOON) for _ in range(1000)}) == 1000
