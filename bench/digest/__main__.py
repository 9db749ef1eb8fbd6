"""Measure digests: python -m bench.digest [--quick] [--profile]

For each size and kind the contestants take turns in three rounds, on one core, with the same
messages, which each has read once before; the median counts. Prints Markdown. --profile prints
what the whole digest of 10 KB messages is made of.
"""

import argparse
import cProfile
import os
import platform
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.digest.contestants import CONTESTANTS, decode, standard, whole
from bench.digest.letters import KINDS, SIZES, letters
from digest.apart.limits import PATIENT
from digest.apart.reader import Reader
from mail.raw import RawMessage

ROUNDS = 3
COUNTS = {"10 KB": 120, "1 MB": 12, "20 MB": 2}

Contestant = Callable[[bytes], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--memory-of", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.memory_of:
        _say_memory(wanted.memory_of, wanted.file)
        return
    if wanted.profile:
        _profile()
        return
    share = 10 if wanted.quick else 1
    print(f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}, Python {platform.python_version()}\n")
    _same_answers()
    with Reader(PATIENT) as reader:
        reader.start()
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        _print_speed(share, {**CONTESTANTS, "apart": lambda one: _apart(reader, one)})
    _print_memory()


def _machine() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{names[0] if names else platform.machine()}, one of {os.cpu_count()} cores"


def _apart(reader: Reader, octets: bytes) -> object:
    return reader.read(RawMessage.in_memory(octets), "a@example.com").form


def _same_answers() -> None:
    """A faster reader that reads something else would be no news."""
    for kind in KINDS:
        for one in letters(kind, SIZES["10 KB"], 3):
            ours, theirs = decode(one), standard(one)
            assert ours[:2] == theirs[:2], (ours[:2], theirs[:2])
            assert ours[3] == theirs[3], (ours[3], theirs[3])
            assert [text.split() for text in ours[2]] == [text.split() for text in theirs[2]]


def _print_speed(share: int, contestants: dict[str, Contestant]) -> None:
    print(
        "| size | kind | decoding, ms | whole digest, ms | in its process, ms | email, ms", end=""
    )
    print(" | decoding is faster by | whole digest by |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for label, size in SIZES.items():
        for kind in KINDS:
            messages = letters(kind, size, max(2, COUNTS[label] // share))
            took = _compare(messages, contestants)
            print(
                f"| {label} | {kind} | {took['decoding']:.2f} | {took['whole digest']:.2f} "
                f"| {took['apart']:.2f} | {took['email']:.2f} "
                f"| {took['email'] / took['decoding']:.1f} × "
                f"| {took['email'] / took['whole digest']:.2f} × |",
                flush=True,
            )


def _compare(messages: Sequence[bytes], contestants: dict[str, Contestant]) -> dict[str, float]:
    """Milliseconds for one message, each contestant's median of the rounds."""
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(ROUNDS + 1):
        for name, read in contestants.items():
            begun = _clock(name)
            for one in messages:
                read(one)
            if turn:
                found[name].append((_clock(name) - begun) / len(messages) * 1e3)
    return {name: statistics.median(times) for name, times in found.items()}


def _clock(name: str) -> float:
    """Processor time; what another process does takes time by the clock."""
    return time.perf_counter() if name == "apart" else time.process_time()


def _print_memory() -> None:
    print("\n| size | kind | decoding, MB | whole digest, MB | email, MB |")
    print("| --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "message.eml"
        for label, size in SIZES.items():
            for kind in KINDS:
                path.write_bytes(letters(kind, size, 1)[0])
                used = " | ".join(f"{_memory(name, path):.1f}" for name in CONTESTANTS)
                print(f"| {label} | {kind} | {used} |", flush=True)


def _memory(name: str, path: Path) -> float:
    """What reading one message adds to a new process at most, the message itself not counted."""
    command = [sys.executable, "-m", "bench.digest", "--memory-of", name, "--file", str(path)]
    return int(subprocess.run(command, check=True, capture_output=True).stdout) / 1024


def _say_memory(name: str, path: Path) -> None:
    """Kilobytes. The kernel's ru_maxrss would count our parent's memory of before the exec."""
    read, octets = CONTESTANTS[name], path.read_bytes()
    read(letters("page", SIZES["10 KB"], 1)[0])
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _peak()
    read(octets)
    print(_peak() - before)


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _profile() -> None:
    messages = [one for kind in KINDS for one in letters(kind, SIZES["10 KB"], 40)]
    for one in messages:
        whole(one)
    profile = cProfile.Profile()
    profile.enable()
    for one in messages:
        whole(one)
    profile.disable()
    statistic = pstats.Stats(profile)
    statistic.sort_stats("tottime").print_stats(30)
    statistic.sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
