from collections.abc import Sequence
from threading import Event, Thread

import psycopg
import pytest
from sqlalchemy import Connection, select, update

from store import schema
from store.database import Database
from store.tallies import Changes, Kind
from store.turns import Pace, in_turns
from tests.postgres import Server


def finding(rows: list[int], at_once: int, asked: list[int | None]) -> object:
    def find(last: int | None) -> Sequence[int]:
        asked.append(last)
        return [row for row in rows if last is None or row > last][:at_once]

    return find


def test_everything_is_worked_on_once_and_in_order(database: Database) -> None:
    asked: list[int | None] = []
    done: list[int] = []

    def work(connection: Connection, rows: Sequence[int]) -> int:
        done.extend(rows)
        return len(rows)

    pauses: list[float] = []
    pace = Pace(rows=50, pause=pauses.append)
    find = finding(list(range(120)), 50, asked)
    assert in_turns(database, pace, find, work) == 120  # type: ignore[arg-type]
    assert done == list(range(120))
    assert asked == [None, 49, 99, 119]
    assert len(pauses) >= 3


def test_a_turn_that_is_over_leaves_the_rest_to_the_next(database: Database) -> None:
    """A turn without any time has one slice of work, however many rows were found."""
    slices: list[int] = []

    def work(connection: Connection, rows: Sequence[int]) -> int:
        slices.append(len(rows))
        return 0

    turns: list[int] = []
    pace = Pace(rows=100, seconds=1e-9, pause=lambda _: turns.append(len(slices)))
    find = finding(list(range(100)), 100, [])
    assert in_turns(database, pace, find, work) == 0  # type: ignore[arg-type]
    assert sum(slices) == 100
    assert turns == list(range(1, len(slices) + 1))
    assert max(slices) < 100


def test_work_stops_between_two_turns(database: Database) -> None:
    done: list[int] = []

    def work(connection: Connection, rows: Sequence[int]) -> int:
        done.extend(rows)
        return len(rows)

    pace = Pace(rows=10, pause=lambda _: None, is_stopped=lambda: len(done) >= 20)
    find = finding(list(range(100)), 10, [])
    assert in_turns(database, pace, find, work) == 20  # type: ignore[arg-type]


def test_others_write_between_two_turns(database: Database) -> None:
    """A pause is outside the turn: whoever waits for one gets it there."""

    def pause(_: float) -> None:
        with database.write():
            written.append(1)

    written: list[int] = []
    find = finding(list(range(60)), 20, [])
    in_turns(database, Pace(20, 0.02, pause), find, lambda c, rows: len(rows))  # type: ignore[arg-type]
    assert len(written) >= 3


@pytest.mark.postgresql_only
def test_a_turn_that_the_server_stops_for_the_sake_of_mail_is_tried_again(
    database: Database, server: Server
) -> None:
    """Two real connections lock two rows the other way round; the other one is the more patient,
    so that it is ours that is stopped."""
    kind = Kind(held=False, archived=False, category="", seen=False)
    both = Changes()
    both.add(kind, ["box"], 100, 5)  # a row of the mailbox, and one for everywhere
    with database.write() as connection:
        both.write(connection)
    locked, turns = Event(), []

    def other() -> None:
        url = server.cluster.url(database.settings.url.rpartition("/")[2], "admin")
        with psycopg.connect(url) as connection:
            connection.execute("SET deadlock_timeout = '10min'")
            connection.execute("UPDATE tallies SET number = number + 1 WHERE mailbox_id = 'box'")
            locked.set()
            assert ours.wait(30)
            connection.execute("UPDATE tallies SET number = number + 1 WHERE mailbox_id = ''")

    ours = Event()
    rival = Thread(target=other)

    def work(connection: Connection, rows: Sequence[int]) -> int:
        turns.append(list(rows))
        table = schema.tallies
        for mailbox in ("", "box"):
            more = update(table).where(table.c.mailbox_id == mailbox)
            connection.execute(more.values(number=table.c.number + 10))
            ours.set()
        return len(rows)

    rival.start()
    assert locked.wait(30)
    assert in_turns(database, Pace(), finding([1, 2], 2, []), work) == 2  # type: ignore[arg-type]
    rival.join(30)
    assert turns == [[1, 2], [1, 2]]
    with database.read() as connection:
        assert list(connection.execute(select(schema.tallies.c.number)).scalars()) == [16, 16]
