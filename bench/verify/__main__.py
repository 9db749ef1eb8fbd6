"""Measure verification: python -m bench.verify [--quick]

Three rounds, in each of which the contestants take turns for every size, on one core; the median
round counts. CPU is the process's own, all threads. Prints Markdown.
"""

import argparse
import asyncio
import os
import platform
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.verify.contestants import CONTESTANTS, envelope_of, verify, warm_resolver
from bench.verify.messages import SIZES, Sample, known, strangers
from mail.raw import RawMessage

COUNTS = {"2 KB": 240, "10 KB": 240, "100 KB": 120, "5 MB": 4}
SLOW = {"authheaders": 10}
"""Contestants that get so many times fewer messages: they parse the suffix list for each."""
ROUNDS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages")
    share = 10 if parser.parse_args().quick else 1
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}, Python {platform.python_version()}\n")
    print("| size | contestant | messages/s | CPU ms/message | CPU ms/MB | postern is faster by |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for label, size in SIZES.items():
        _compare(label, size, max(2, COUNTS[label] // share))
    asyncio.run(_lag())


def _machine() -> str:
    with open("/proc/cpuinfo") as lines:  # noqa: PTH123
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, one of {os.cpu_count()} cores"


def _compare(label: str, size: int, count: int) -> None:
    """One size: everybody verifies the same messages in turn."""
    everybody = list(CONTESTANTS)
    _rows(label, size, everybody, [known(size, count)] * ROUNDS)
    if size == SIZES["10 KB"]:
        met_once = [strangers(size, count, turn) for turn in range(ROUNDS)]
        _rows(f"{label}, strangers", size, ["postern", "fair reference"], met_once)


def _rows(label: str, size: int, names: Sequence[str], rounds: Sequence[Sequence[Sample]]) -> None:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for samples in rounds:
        for name in names:
            found[name].append(_measure(name, samples, repeat=rounds[0] is rounds[-1]))
    best = statistics.median(cpu for cpu, _ in found["postern"])
    for name, measured in found.items():
        cpu = statistics.median(one for one, _ in measured)
        wall = statistics.median(one for _, one in measured)
        print(
            f"| {label} | {name} | {1 / wall:,.0f} | {cpu * 1000:.2f} "
            f"| {cpu * 1000 / (size / 1e6):.1f} | {cpu / best:.1f} × |",
            flush=True,
        )


def _measure(name: str, samples: Sequence[Sample], *, repeat: bool) -> tuple[float, float]:
    """Seconds of CPU and of the clock for one message; with `repeat` all have been seen before."""
    number = max(2, len(samples) // SLOW.get(name, 1))
    run = CONTESTANTS[name](samples[:number])
    if repeat:
        run()
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return (time.process_time() - cpu) / number, (time.perf_counter() - wall) / number


async def _lag() -> None:
    """How late the event loop is for others while it verifies 5 MB messages, all the time."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    samples = known(SIZES["5 MB"], 2)
    work = [(RawMessage.in_memory(one.octets), envelope_of(one)) for one in samples]
    resolver = await warm_resolver(samples)
    late: list[float] = []
    stop = asyncio.Event()

    async def tick() -> None:
        while not stop.is_set():
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - before - 0.001)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(1)
    idle, late[:] = sorted(late), []
    for number in range(100):
        await verify(*work[number % 2], resolver)
    stop.set()
    await ticking
    late.sort()
    print("\n| event-loop lag, ms | median | p99 | worst |\n| --- | ---: | ---: | ---: |")
    for name, found in (("idle", idle), ("verifying 5 MB messages", late)):
        p99 = found[int(len(found) * 0.99)]
        print(
            f"| {name} | {statistics.median(found) * 1e3:.2f} | {p99 * 1e3:.2f} "
            f"| {found[-1] * 1e3:.2f} |"
        )


if __name__ == "__main__":
    main()
