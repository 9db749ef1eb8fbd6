"""Measure the SMTP door beside others: python -m bench.smtp [--quick] [--without-postfix]

All contestants run at the same time and are loaded in turn, so that each round has all of them
within seconds; the median round counts. Each reply is checked against the one expected, and in
the end everything that was acknowledged must be kept, once, byte for byte. Prints Markdown.
"""

import argparse
import itertools
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.smtp import processes
from bench.smtp.contestants import Bare, Contestant, Postern, Postfix
from bench.smtp.idle import octets_per_client
from bench.smtp.load import Outcome, Plan, prepare, send
from bench.smtp.losses import losses
from bench.smtp.mails import Mailbag, Senders
from bench.smtp.names import names_served
from tests.certificates import make_certificate

POSTERN, ONE, WHOLE = "Postern", "Postern, 1 worker", "Postern with console and worker"
PLAIN, FAST, POSTFIX = "aiosmtpd", "aiosmtpd, uvloop", "Postfix and friends"
SLOW_DISK = Path(__file__).parent / "slow_disk.c"
MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of load: `count` messages a round, of which a slow server gets `slow`."""

    name: str
    size: int
    count: int
    slow: int
    who: tuple[str, ...]
    plan: Plan = field(default_factory=lambda: Plan(0))


SHAPES = (
    Shape("10 KB, 20 × 20", 10_000, 2400, 800, (POSTERN, ONE, WHOLE, PLAIN, FAST, POSTFIX)),
    Shape("10 KB, pipelined", 10_000, 2400, 800, (POSTERN, FAST, POSTFIX), Plan(0, pipelined=True)),
    Shape(
        *("10 KB, one per connection", 10_000, 1600, 600, (POSTERN, FAST, POSTFIX)),
        Plan(0, per_connection=1),
    ),
    Shape("2 KB", 2_000, 2400, 800, (POSTERN, FAST, POSTFIX)),
    Shape("100 KB", 100_000, 800, 400, (POSTERN, FAST, POSTFIX)),
    Shape("5 MB", 5_000_000, 40, 20, (POSTERN, FAST, POSTFIX), Plan(0, clients=8)),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One round of one contestant."""

    rate: float
    cpu: float
    afterwards: float
    p50: float
    p99: float
    own: float


class Bench:
    """The contestants that run, and what they acknowledged."""

    def __init__(self, folder: Path, share: int, rounds: int) -> None:
        self.folder = folder
        self.share = share
        self.rounds = rounds
        self.senders = Senders()
        self.contestants: dict[str, Contestant] = {}
        self._bags: dict[int, Mailbag] = {}
        self._numbers = itertools.count()
        self._outcomes: dict[str, list[Outcome]] = {}
        self._surprises: list[str] = []

    def start(self, name: str, contestant: Contestant) -> None:
        contestant.start()
        self.contestants[name] = contestant

    def bag(self, size: int) -> Mailbag:
        if size not in self._bags:
            self._bags[size] = Mailbag(self.senders, size)
        return self._bags[size]

    def load(self, name: str, size: int, count: int, plan: Plan) -> Figures:
        """One round."""
        one = self.contestants[name]
        numbers = itertools.islice(self._numbers, count)
        prepared = list(prepare(map(self.bag(size).mail, numbers), judged=one.judged))
        before = processes.cpu_seconds(one.roots)
        outcome = send(replace(plan, port=one.port), iter(prepared))
        after = processes.cpu_seconds(one.roots)
        one.settle()
        settled = processes.cpu_seconds(one.roots)
        self._outcomes.setdefault(name, []).append(outcome)
        self._surprises += [f"{name}: {words}" for words in outcome.surprises]
        late = sorted(outcome.latencies) or [0.0]
        return Figures(
            rate=len(late) / outcome.seconds,
            cpu=(after - before) / len(late),
            afterwards=(settled - after) / len(late),
            p50=statistics.median(late),
            p99=late[len(late) * 99 // 100],
            own=outcome.cpu / len(late),
        )

    def compare(self, shape: Shape) -> dict[str, Figures]:
        """All rounds of one shape; the median of each figure."""
        who = [name for name in shape.who if name in self.contestants]
        rounds: dict[str, list[Figures]] = {name: [] for name in who}
        for _ in range(self.rounds):
            for name in who:
                count = shape.slow if name in (POSTFIX, WHOLE) else shape.count
                count = max(count // self.share, shape.plan.clients)
                rounds[name].append(self.load(name, shape.size, count, shape.plan))
        return {name: _median(found) for name, found in rounds.items()}

    def verdict(self, name: str) -> str:
        """The loss check of one contestant that keeps mail."""
        acknowledged: dict[int, str] = {}
        refused: set[int] = set()
        for outcome in self._outcomes.get(name, []):
            acknowledged |= outcome.acknowledged
            refused |= outcome.refused
        wrong = losses(acknowledged, refused, self.contestants[name].kept())
        wrong += [words for words in self._surprises if words.startswith(f"{name}: ")][:3]
        counts = f"{len(acknowledged):,} acknowledged, {len(refused):,} refused"
        return f"- {name}: {counts}: " + ("; ".join(wrong) if wrong else "nothing lost")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages, one round")
    parser.add_argument("--without-postfix", action="store_true", help="only Postern and aiosmtpd")
    parser.add_argument("--only", default="", help="only shapes whose name contains this")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="postern-bench-"))
    folder.chmod(0o755)
    bench = Bench(folder, *((10, 1) if arguments.quick else (1, 3)))
    machine = f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine}, {bench.rounds} round(s)\n", flush=True)
    try:
        with names_served(folder, bench.senders.zone()):
            _measure(bench, arguments)
    finally:
        for contestant in bench.contestants.values():
            contestant.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(bench: Bench, arguments: argparse.Namespace) -> None:
    certificate = make_certificate(bench.folder)
    tls = {
        "POSTERN_SMTP__TLS_CERTIFICATE": str(certificate.certificate),
        "POSTERN_SMTP__TLS_KEY": str(certificate.key),
    }
    bench.start(POSTERN, Postern(bench.folder / "two", environment=tls))
    bench.start(ONE, Postern(bench.folder / "one", workers=1))
    bench.start(WHOLE, Postern(bench.folder / "whole", only_smtp=False))
    bench.start(PLAIN, Bare())
    bench.start(FAST, Bare("uvloop"))
    if not arguments.without_postfix:
        bench.start(POSTFIX, Postfix(bench.folder / "postfix"))
    for name in bench.contestants:
        bench.load(name, 10_000, 40, Plan(0))
    shapes = [shape for shape in SHAPES if arguments.only in shape.name]
    rates = {shape.name: _table(shape, bench.compare(shape)) for shape in shapes}
    if not arguments.only:
        _half_rate(bench, rates[SHAPES[0].name])
        _slow_disk(bench)
        _memory(bench)
    print("\nEvery acknowledged message kept, once, byte for byte; none kept that was refused:\n")
    for name, contestant in bench.contestants.items():
        if contestant.judged:
            print(bench.verdict(name), flush=True)


def _table(shape: Shape, found: dict[str, Figures]) -> dict[str, float]:
    """Print one shape; the rates by contestant."""
    large = shape.size > MEGA
    unit = "CPU ms / MB" if large else "CPU s / 1000"
    print(f"\n### {shape.name}\n")
    print(f"| | messages/s | {unit} | afterwards | end of data p50, p99 ms | Postern is |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    best = found[POSTERN].rate
    for name, one in found.items():
        scale = 1000 / (shape.size / MEGA) if large else 1000
        print(
            f"| {name} | {one.rate:,.0f} | {one.cpu * scale:.2f} | {one.afterwards * scale:.2f} "
            f"| {one.p50 * 1000:.1f}, {one.p99 * 1000:.1f} | {best / one.rate:.2f} × |"
        )
    own = max(one.own for one in found.values()) * 1000
    print(f"\nThe load itself: at most {own:.2f} ms of CPU a message.", flush=True)
    return {name: one.rate for name, one in found.items()}


def _half_rate(bench: Bench, rates: dict[str, float]) -> None:
    print("\n### 10 KB at half of the maximum rate\n")
    print("| | messages/s | CPU s / 1000 | end of data p50, p99 ms |\n| --- | ---: | ---: | ---: |")
    for name in (POSTERN, ONE, POSTFIX):
        if name in rates:
            rate = rates[name] / 2
            one = bench.load(name, 10_000, int(rate * 6 / bench.share) + 20, Plan(0, rate=rate))
            print(
                f"| {name} | {one.rate:,.0f} | {one.cpu * 1000:.2f} "
                f"| {one.p50 * 1000:.1f}, {one.p99 * 1000:.1f} |",
                flush=True,
            )


def _slow_disk(bench: Bench) -> None:
    """Both again on a disk whose every fsync takes 5 ms more."""
    library = bench.folder / "slow_disk.so"
    compiler = shutil.which("cc")
    if compiler is None:
        print("\nNo C compiler: nothing measured on a slow disk.")
        return
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SLOW_DISK, "-ldl"], check=True)
    slow = {"LD_PRELOAD": str(library)}
    names = []
    for name, make in ((POSTERN, Postern), (POSTFIX, Postfix)):
        if name in bench.contestants:
            names.append(f"{name}, slow disk")
            place = bench.folder / f"slow-{len(names)}"
            bench.start(names[-1], make(place, environment=slow))
            bench.load(names[-1], 10_000, 40, Plan(0))
    for clients in (20, 100):
        print(f"\n### 10 KB, {clients} × 20, each fsync 5 ms longer\n")
        print("| | messages/s | end of data p50, p99 ms |\n| --- | ---: | ---: |")
        for name in names:
            rounds = [
                bench.load(name, 10_000, 1200 // bench.share, Plan(0, clients=clients))
                for _ in range(bench.rounds)
            ]
            one = _median(rounds)
            print(f"| {name} | {one.rate:,.0f} | {one.p50 * 1000:.1f}, {one.p99 * 1000:.1f} |")
        sys.stdout.flush()


def _memory(bench: Bench) -> None:
    many, few, large = 10_000 // bench.share, 2_000 // bench.share, 100 // bench.share
    print("\n### Memory, all processes (proportional set size)\n")
    print("| | MB after the load | KB per idle client | after STARTTLS |")
    print("| --- | ---: | ---: | ---: |")
    for name, one in bench.contestants.items():
        after = processes.memory(one.roots) / MEGA
        idle = secure = ""
        if name in (POSTERN, FAST):
            idle = f"{octets_per_client(one.port, one.roots, many) / 1000:.1f}"
        if name == POSTERN:
            secure = f"{octets_per_client(one.port, one.roots, few, tls=True) / 1000:.1f}"
        print(f"| {name} | {after:.0f} | {idle} | {secure} |", flush=True)
    print(f"\nMost memory beyond that with {large} × 25 MB at once, MB:")
    for name in (POSTERN, POSTFIX):
        if name in bench.contestants:
            roots = bench.contestants[name].roots
            before = processes.memory(roots)
            with processes.watching(roots) as peak:
                plan = Plan(0, clients=large, per_connection=1)
                one_round = bench.load(name, 25_000_000, large, plan)
            more = (peak.octets - before) / MEGA
            print(f"{name} {more:.0f} ({one_round.rate:.1f} messages/s)", flush=True)


def _median(rounds: list[Figures]) -> Figures:
    names = Figures.__slots__
    return Figures(*(statistics.median(getattr(one, name) for one in rounds) for name in names))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"\n{(time.monotonic() - began) / 60:.1f} minutes")
