"""Measure the store: python -m bench.store [--messages N] [--on sqlite,postgresql] [--folder DIR]

Fills a store with N messages (kept in DIR, and used again by the next run), asks it what the
console asks, and lets it take messages beside an empty store and beside the plain database, in
turns; the median of three rounds counts. Prints Markdown.
"""

import argparse
import contextlib
import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.store.accepting import AT_ONCE, accept
from bench.store.door import rates_at_the_door
from bench.store.fill import fill, mailboxes
from bench.store.finding import measure
from bench.store.multiply import BASE, multiply
from bench.store.places import PLACES, Place
from store.database import Database, open_database

ROUNDS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--on", default="sqlite,postgresql")
    parser.add_argument("--folder", type=Path, help="where the stores are kept")
    parser.add_argument("--turns", type=int, default=200, help="questions of each kind")
    parser.add_argument("--accept", type=int, default=6_400, help="messages taken in a round")
    parser.add_argument("--fill-only", action="store_true")
    wanted = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = wanted.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in wanted.on.split(","):
            place = stack.enter_context(PLACES[name](folder / name))
            _measure(place, name, wanted)


def _measure(place: Place, name: str, wanted: argparse.Namespace) -> None:
    number: int = wanted.messages
    full_name = f"full{number}"
    with _opened(place, full_name) as full, _opened(place, "empty") as empty:
        boxes = fill(full, min(number, BASE))
        multiply(full, max(1, number // BASE))
        place.settle(full)
        if wanted.fill_only:
            return
        print(f"\n{name}, {number:,} messages; {datetime.now(UTC):%Y-%m-%d}, {_machine()}\n")
        _print_finding(full, boxes, number, wanted.turns)
        rounds: list[tuple[str, Callable[[int], float]]] = [
            ("empty store", lambda count: accept(empty, mailboxes(empty), count)),
            (f"store of {number:,}", lambda count: accept(full, boxes, count)),
            ("plain inserts", place.plain()),
        ]
        _print_accepting(rounds, wanted.accept)
    stores = {
        "empty store": place.make("empty"),
        f"store of {number:,}": place.make(full_name),
    }
    _print_door(rates_at_the_door(stores, wanted.accept, ROUNDS))


@contextlib.contextmanager
def _opened(place: Place, name: str) -> Iterator[Database]:
    settings = place.make(name)
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


def _print_finding(database: Database, boxes: tuple[str, ...], number: int, turns: int) -> None:
    print("| question | median ms | p95 ms | worst ms | rows found, last time |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for took in measure(database, boxes, number, turns):
        print(
            f"| {took.name} | {took.median:.1f} | {took.p95:.1f} | {took.worst:.1f} "
            f"| {took.found} |",
            flush=True,
        )


def _print_accepting(rounds: list[tuple[str, Callable[[int], float]]], count: int) -> None:
    rates: dict[str, list[float]] = {name: [] for name, _ in rounds}
    for _ in range(ROUNDS):
        for name, run in rounds:
            rates[name].append(run(count))
    first = statistics.median(rates[rounds[0][0]])
    print(f"\n| 10 KB messages, {AT_ONCE} at once | a second | to an empty store |")
    print("| --- | ---: | ---: |")
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"| {name} | {rate:,.0f} | {rate / first:.2f} × |", flush=True)


def _print_door(rates: dict[str, float]) -> None:
    first = next(iter(rates.values()))
    print("\n| 10 KB messages through SMTP, 20 clients | a second | to an empty store |")
    print("| --- | ---: | ---: |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {rate / first:.2f} × |", flush=True)


def _machine() -> str:
    with open("/proc/cpuinfo") as lines:  # noqa: PTH123
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
