from collections.abc import Sequence

from sqlalchemy import Connection

from store.database import Database
from store.turns import Pace, in_turns


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
