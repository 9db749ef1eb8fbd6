"""A process that saves numbered messages and says which are acknowledged; made to be killed.

    python -m tests.store.sending DATA_DIR MAILBOX SENDERS [URL] < NUMBERS

Message n has always the same bytes, sender and recipients, as if a client sent it again. After
each save a line `n id duplicate_of` is written to standard output.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from store.database import StoreSettings, open_database
from store.writer import Writer
from tests.store.samples import envelope, received


def content(number: int) -> bytes:
    """The bytes of message n; every 20th is a large one."""
    head = b"Message-ID: <%d@example.org>\r\nSubject: number %d\r\n\r\n" % (number, number)
    return head + b"body %d\r\n" % number * (30_000 if number % 20 == 19 else 20)


async def _send(numbers: Iterator[int], writer: Writer, mailbox: str) -> None:
    for number in numbers:
        letter = envelope(mailboxes=[mailbox], at=datetime.now(UTC))
        stored = await writer.save_message(received(content(number), letter=letter))
        line = f"{number} {stored.id} {stored.duplicate_of}\n"
        os.write(1, line.encode())  # at once: a buffer would die with us


async def _main(data_dir: str, mailbox: str, senders: str, url: str = "") -> None:
    database = open_database(StoreSettings(url, Path(data_dir)))
    writer = Writer(database, lambda: datetime.now(UTC))
    writer.start()
    numbers = iter([int(word) for word in sys.stdin.read().split()])
    await asyncio.gather(*(_send(numbers, writer, mailbox) for _ in range(int(senders))))
    writer.close()
    database.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
