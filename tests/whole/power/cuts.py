"""Cut the power at moments of a recording, and look what the store still has."""

import asyncio
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mail.envelope import Envelope
from mail.errors import Problem
from store.database import Database, StoreSettings, open_database
from store.writer import Writer
from tests.store.samples import envelope, received
from tests.whole.kills import losses
from tests.whole.power.disk import Disk, IsDeaf
from tests.whole.power.load import RECIPIENT, Letter, Recording
from tests.whole.power.records import Kind, Record, read_log

AGAIN = 4
"""Letters on their way when power went that their clients send again."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Power was lost after so many records; `seed` says what the disk made of it."""

    at: int
    seed: int
    acknowledged: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        found = "; ".join(self.wrong) or "nothing lost"
        return f"cut {self.at}, seed {self.seed}, {self.acknowledged} acknowledged: {found}"


def cut(
    recording: Recording,
    moments: Sequence[int],
    seed: int,
    scratch: Path,
    *,
    is_deaf: IsDeaf = lambda path: False,
) -> Iterator[Cut]:
    """What each of these moments, in order, would have left."""
    disk, heard, done = Disk(recording.begin, is_deaf), dict[str, str](), 0
    records = list(read_log(recording.log))
    sha256_of = {key: letter.sha256 for key, letter in recording.heard.items()}
    for at in sorted(moments):
        for one in records[done:at]:
            disk.apply(one)
            if one.kind is Kind.HEARD and (key := _id_of(one)) in sha256_of:
                heard[key] = sha256_of[key]
        done = at
        disk.rebuild(scratch, random.Random(f"{seed} {at}"))
        again = _on_their_way(recording, records[at:])
        yield Cut(at, seed, len(heard), tuple(_wrong(scratch, recording.mailbox, heard, again)))
        shutil.rmtree(scratch)


def choose(log: Path, count: int, seed: int) -> list[int]:
    """So many moments: a third anywhere, the others right behind something that matters."""
    chance = random.Random(seed)
    records = list(read_log(log))
    dear = [
        at + 1
        for at, one in enumerate(records)
        if one.kind not in (Kind.OPEN, Kind.WRITE) or one.path.endswith("postern.db")
    ]
    heard = [at + 1 for at, one in enumerate(records) if one.kind is Kind.HEARD]
    drawn: list[Callable[[], int]] = [
        lambda: chance.randrange(len(records)),
        lambda: chance.choice(dear),
        lambda: min(chance.choice(heard) + chance.randrange(3), len(records)),
    ]
    return sorted(drawn[number % 3]() for number in range(count))


def _id_of(record: Record) -> str:
    return record.data.decode("ascii", "replace").split("\r\n")[0][-27:-1]


def _on_their_way(recording: Recording, later: Sequence[Record]) -> list[Letter]:
    """The letters that were acknowledged next: their clients send them again."""
    keys = (_id_of(one) for one in later if one.kind is Kind.HEARD)
    known = (recording.heard[key] for key in keys if key in recording.heard)
    return [letter for letter, _ in zip(known, range(AGAIN), strict=False)]


def _wrong(folder: Path, mailbox: str, heard: dict[str, str], again: list[Letter]) -> Iterator[str]:
    settings = StoreSettings("", folder)
    try:
        database = open_database(settings)
        try:
            stored = asyncio.run(_send_again(database, mailbox, again))
            yield from _damage(database)
        finally:
            database.close()
        yield from losses(settings, heard | stored)
    except Problem as problem:
        yield f"the store does not work: {problem}"


async def _send_again(database: Database, mailbox: str, letters: list[Letter]) -> dict[str, str]:
    """The SHA-256 of each of these letters, which come once more, by its new id."""
    writer = Writer(database, lambda: datetime.now(UTC))
    writer.start()
    try:
        saved = (
            writer.save_message(received(one.content, letter=_in(one, mailbox))) for one in letters
        )
        stored = await asyncio.gather(*saved)
    finally:
        await asyncio.to_thread(writer.close)
    return {one.id: letter.sha256 for one, letter in zip(stored, letters, strict=True)}


def _in(letter: Letter, mailbox: str) -> Envelope:
    return envelope(
        mail_from=letter.mail_from,
        rcpt_to=[RECIPIENT],
        mailboxes=[mailbox],
        at=datetime.now(UTC),
    )


def _damage(database: Database) -> Iterator[str]:
    """What SQLite says of its file."""
    with database.read() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(3)").scalars().all()
        if found != ["ok"]:
            yield f"the database is damaged: {found}"
        if astray := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            yield f"rows that refer to nothing: {astray[:3]}"
