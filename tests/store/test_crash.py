"""Processes are killed while they save: what was acknowledged is there, once, and whole."""

import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from store.database import Database
from store.domains import DomainRow
from store.messages import MessageFilter, find_messages, open_raw
from tests.store.sending import content

_ROOT = Path(__file__).parents[2]
_SENDERS = 8

Process = subprocess.Popen[str]


def _start(database: Database, domain: DomainRow, numbers: Iterable[int]) -> Process:
    folder, url = str(database.settings.data_dir), database.settings.url
    arguments = [folder, domain.mailbox, str(_SENDERS), url]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.sending", *arguments],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(" ".join(map(str, numbers)))
    process.stdin.close()
    return process


def _acknowledged(process: Process, kill_after: int | None = None) -> dict[int, str]:
    """Number and id of the first of each acknowledged message; whole lines only."""
    found: dict[int, str] = {}
    assert process.stdout is not None
    for line in process.stdout:
        if not line.endswith("\n"):
            break
        number, identifier, first = line.split()
        found[int(number)] = identifier if first == "None" else first
        if kill_after is not None and len(found) == kill_after:
            process.kill()
    process.stdout.close()
    process.wait()
    return found


def _stored(database: Database) -> dict[str, int]:
    """Id and number of every message in the store, by its bytes."""
    numbers: dict[str, int] = {}
    cursor: str | None = None
    while True:
        page = find_messages(database, MessageFilter(), 500, cursor)
        for row in page.items:
            number = int(row.subject.removeprefix("number "))
            assert open_raw(database, row.id).read() == content(number)
            numbers[row.id] = number
        cursor = page.next
        if cursor is None:
            return numbers


def _check_integrity(database: Database) -> None:
    if not database.settings.is_embedded:
        return  # a server sees to that itself
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_killed_at_any_moment_nothing_acknowledged_is_lost_or_there_twice(
    database: Database, domain: DomainRow
) -> None:
    """What was not acknowledged is sent again, as a client would that heard nothing."""
    chance = random.Random(1047)
    known: dict[int, str] = {}
    for _ in range(8):
        begun = max(known, default=0) + _SENDERS + 1
        again = [number for number in range(begun) if number not in known]
        process = _start(database, domain, [*again, *range(begun, begun + 5000)])
        known |= _acknowledged(process, kill_after=chance.randint(1, 150))
    stored = _stored(database)
    assert len(set(stored.values())) == len(stored), "a message is stored twice"
    assert known.items() <= {number: identifier for identifier, number in stored.items()}.items()
    _check_integrity(database)


def test_two_writing_processes_do_not_lose_each_others_mail(
    database: Database, domain: DomainRow
) -> None:
    processes = [_start(database, domain, range(k * 1000, k * 1000 + 150)) for k in range(2)]
    known = [_acknowledged(process) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    stored = {number: identifier for identifier, number in _stored(database).items()}
    assert stored == known[0] | known[1]
    assert len(stored) == 300
    _check_integrity(database)


def test_two_processes_that_get_the_same_mail_store_it_once(
    database: Database, domain: DomainRow
) -> None:
    processes = [_start(database, domain, range(100)) for _ in range(2)]
    first, second = (_acknowledged(process) for process in processes)
    assert first == second
    assert {number: identifier for identifier, number in _stored(database).items()} == first


def test_a_killed_process_does_not_keep_the_others_out(
    database: Database, domain: DomainRow
) -> None:
    killed = _start(database, domain, range(100_000))
    other = _start(database, domain, range(200_000, 200_100))
    _acknowledged(killed, kill_after=20)
    assert len(_acknowledged(other)) == 100
