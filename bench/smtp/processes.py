"""What a server costs: the CPU time and the memory of all of its processes, from /proc."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def family(roots: Sequence[int]) -> list[int]:
    """These processes and everything that descends from them."""
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting += [int(child) for child in _read(path).split()]
    return found


def cpu_seconds(roots: Sequence[int]) -> float:
    """User and system time, also of children that are gone already."""
    ticks = 0
    for pid in family(roots):
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICK


def memory(roots: Sequence[int]) -> int:
    """Octets of proportional set size: what processes share is counted once in all."""
    return sum(_kilobytes(pid, "Pss:") for pid in family(roots)) * 1024


def resident(roots: Sequence[int]) -> int:
    """Octets of resident set size, with what is shared counted for each that shares it."""
    return sum(_kilobytes(pid, "Rss:") for pid in family(roots)) * 1024


def descriptors(roots: Sequence[int]) -> int:
    """Open files, sockets and pipes."""
    return sum(len(_entries(Path(f"/proc/{pid}/fd"))) for pid in family(roots))


class Peak:
    """The most memory seen while it was watched."""

    def __init__(self) -> None:
        self.octets = 0


@contextmanager
def watching(roots: Sequence[int], pause: float = 0.25) -> Iterator[Peak]:
    """Look at the memory every `pause` seconds."""
    peak, over = Peak(), threading.Event()

    def watch() -> None:
        while True:
            peak.octets = max(peak.octets, memory(roots))
            if over.wait(pause):
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _kilobytes(pid: int, name: str) -> int:
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def _entries(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(folder)]
    except OSError:
        return []


def _read(path: Path) -> str:
    """Empty for a process that has just gone."""
    try:
        return path.read_text()
    except OSError:
        return ""
