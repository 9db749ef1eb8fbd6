"""Many messages through one server, and whether it grows: python -m bench.smtp.soak

    python -m bench.smtp.soak --messages 500000 --size 2000

Prints memory, open files, the write-ahead log, spool files and the rate, now and then; in the end
whether memory and files went up after the first fifth, and the loss check. The whole of Postern
runs, console and worker included. A message of 2 KB needs about 8 KB of disk.
"""

import argparse
import itertools
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.smtp import processes
from bench.smtp.contestants import Postern
from bench.smtp.load import Outcome, Plan, Prepared, prepare, send
from bench.smtp.losses import losses
from bench.smtp.mails import Mailbag, Senders
from bench.smtp.names import names_served

MEGA = 1_000_000
LOOKS = 50
"""How often it is looked at what the server has."""
GROWTH = 1.15
"""What counts as growth: the last fifth's median beyond that of the second fifth, so many times."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the server has at one moment; sizes in MB."""

    messages: int
    rate: float
    resident: float
    proportional: float
    files: int
    log: float
    store: float
    spool: int


def main() -> int:
    """Run, print, and return 1 if something grew or was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500_000)
    parser.add_argument("--size", type=int, default=2_000)
    parser.add_argument("--only-smtp", action="store_true", help="without console and worker")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="postern-soak-"))
    needed = arguments.messages * (arguments.size + 6_000)
    if shutil.disk_usage(folder).free < 2 * needed:
        parser.error(f"{folder} has less than {2 * needed // MEGA} MB free")
    senders = Senders()
    server = Postern(folder / "server", only_smtp=arguments.only_smtp)
    try:
        with names_served(folder, senders.zone()):
            server.start()
            try:
                return _soak(server, Mailbag(senders, arguments.size), arguments.messages)
            finally:
                server.stop()
    finally:
        shutil.rmtree(folder)


def _soak(server: Postern, bag: Mailbag, messages: int) -> int:
    numbers = itertools.count()
    outcome = Outcome()
    looks: list[Look] = []
    print("messages  msg/s  RSS MB  PSS MB  files  WAL MB  store MB  spool files", flush=True)
    for _ in range(LOOKS):
        share = itertools.islice(numbers, messages // LOOKS)
        part = send(Plan(server.port), _signed_as_it_goes(bag, share))
        outcome.acknowledged |= part.acknowledged
        outcome.refused |= part.refused
        outcome.surprises += part.surprises
        rate = len(part.latencies) / part.seconds
        looks.append(_look(server, len(outcome.acknowledged) + len(outcome.refused), rate))
        one = looks[-1]
        print(
            f"{one.messages:8}  {one.rate:5.0f}  {one.resident:6.0f}  {one.proportional:6.0f}  "
            f"{one.files:5}  {one.log:6.1f}  {one.store:8.0f}  {one.spool:11}",
            flush=True,
        )
    began = time.monotonic()
    wrong = outcome.surprises[:5] + _growth(looks)
    wrong += losses(outcome.acknowledged, outcome.refused, server.kept())
    print(f"{len(outcome.acknowledged)} acknowledged, {len(outcome.refused)} refused; ", end="")
    print(f"all read back in {time.monotonic() - began:.0f} s")
    print("\n".join(wrong) or "Nothing grew, nothing was lost.")
    return 1 if wrong else 0


def _signed_as_it_goes(bag: Mailbag, numbers: Iterator[int]) -> Iterator[Prepared]:
    return prepare(map(bag.mail, numbers))


def _look(server: Postern, messages: int, rate: float) -> Look:
    data = server.server.folder / "data"
    return Look(
        messages=messages,
        rate=rate,
        resident=processes.resident(server.roots) / MEGA,
        proportional=processes.memory(server.roots) / MEGA,
        files=processes.descriptors(server.roots),
        log=_size(data / "postern.db-wal"),
        store=_size(data / "postern.db"),
        spool=len(list((data / "spool").glob("*"))),
    )


def _size(path: Path) -> float:
    return path.stat().st_size / MEGA if path.exists() else 0.0


def _growth(looks: list[Look]) -> list[str]:
    """What is more in the last fifth than in the second."""
    fifth = len(looks) // 5
    grown = []
    for name in ("proportional", "files", "log", "spool"):
        early = statistics.median(getattr(one, name) for one in looks[fifth : 2 * fifth])
        late = statistics.median(getattr(one, name) for one in looks[-fifth:])
        if late > early * GROWTH + 1:
            grown.append(f"{name} grew from {early:.0f} to {late:.0f}")
    return grown


if __name__ == "__main__":
    sys.exit(main())
