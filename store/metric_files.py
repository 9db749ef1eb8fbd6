"""The numbers of all processes together: each writes its own down, and whoever is asked adds up.

Under `data_dir/metrics` every process has a file, `PROGRAM-PID`, that it writes anew each second
while something happens, and on which it holds a lock for as long as it lives. A file whose lock
is free is a dead process's: what it counted is added to the file `ended`, so that no counter
goes down when a process is started again, and what it measured (gauges) is forgotten with it.
A process that is killed loses the last second of its counts, and no more.

Files rather than shared memory: a write to a mapped file on a full disk kills the process, and
nobody may lose mail for the sake of a number.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from store.database import Database
from store.metric_names import METRICS, Kind, Meaning
from store.metrics import Metrics, Sample, series, written

log = logging.getLogger("postern.store")

PAUSE = 1.0
"""Seconds between two writings."""

LONG_PAUSE = 15.0
"""The same where nothing has happened but that time has passed."""

_OF_ITSELF = "postern_process_"
"""What a process measures of itself changes by writing it down."""

_ROOM = 65_536
"""Octets of a file from the beginning, so that a full disk does not stop the numbers."""

_ENDED = "ended"
_TRIES = 5
"""How often a file is read that was just being written."""

Totals = dict[str, float]


class MetricFile:
    """The file of this process. Raises OSError where it cannot be made."""

    def __init__(self, folder: Path, program: str, metrics: Metrics) -> None:
        self._metrics = metrics
        self._written: list[Sample] = []
        self._written_at = 0.0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / f"{program}-{os.getpid()}"
        with _turn(folder):
            _bury(folder)
            self._number = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with contextlib.suppress(OSError):
            os.posix_fallocate(self._number, 0, _ROOM)

    def write(self, *, last: bool = False) -> None:
        """Write down what was counted, if something was, or if it is the `last` time. Raises
        OSError when the disk is full or broken."""
        samples = self._metrics.samples()
        told = [one for one in samples if not one[0].startswith(_OF_ITSELF)]
        is_due = last or time.monotonic() - self._written_at >= LONG_PAUSE
        if told == self._written and not is_due:
            return
        os.pwrite(self._number, _wrapped(samples), 0)
        self._written, self._written_at = told, time.monotonic()

    def close(self) -> None:
        """Let go of it; whoever looks next adds it to the ended ones."""
        os.close(self._number)


@contextlib.asynccontextmanager
async def published(metrics: Metrics, folder: Path, program: str) -> AsyncIterator[None]:
    """Write `metrics` down for as long as this lasts, and with them what the process itself
    takes. A disk that does not take them costs the numbers and nothing else."""
    metrics.count("postern_process_starts_total", program=program)
    metrics.sampled(lambda: _sample_process(metrics, program))
    try:
        file = MetricFile(folder, program, metrics)
    except OSError as error:
        log.warning("metrics event=not-written folder=%s reason=%s", folder, error.strerror)
        yield
        return
    writing = asyncio.create_task(_write_on(metrics, file))
    try:
        yield
    finally:
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        metrics.sample()
        with contextlib.suppress(OSError):
            file.write(last=True)
        file.close()


async def _write_on(metrics: Metrics, file: MetricFile) -> None:
    while True:
        metrics.sample()
        with contextlib.suppress(OSError):  # a full disk is others' to report
            await asyncio.to_thread(file.write)
        await asyncio.sleep(PAUSE)


def _sample_process(metrics: Metrics, program: str) -> None:
    cpu = metrics.counter("postern_process_cpu_seconds_total", program=program)
    cpu.value = time.process_time()
    resident = metrics.gauge("postern_process_resident_memory_bytes", program=program)
    with contextlib.suppress(OSError):
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
        resident.set(int(pages) * os.sysconf("SC_PAGE_SIZE"))


def metrics_folder(database: Database) -> Path:
    """Where the processes of this house write their numbers down."""
    return database.settings.data_dir / "metrics"


def collect(folder: Path) -> Totals:
    """The numbers of all processes, those that have ended among them, by series."""
    if not folder.is_dir():
        return {}
    with _turn(folder):
        _bury(folder)
        totals = _read(folder / _ENDED)
        for path in _files(folder):
            _add(totals, _read(path))
            program = path.name.rpartition("-")[0]
            _add(totals, {series(("postern_processes", program)): 1.0})
    return totals


def exposition(totals: Totals) -> str:
    """The Prometheus text format (version 0.0.4), each metric with its help and type."""
    by_name: dict[str, list[Sample]] = defaultdict(list)
    for line, value in totals.items():
        name = _metric_of(line)
        if name is not None:
            by_name[name].append((line, value))
    text = []
    for name, meaning in METRICS.items():
        if name in by_name:
            text += [f"# HELP {name} {meaning.help}", f"# TYPE {name} {meaning.kind}"]
            text += [f"{line} {written(value)}" for line, value in by_name[name]]
    return "\n".join(text) + "\n"


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Between making a file and locking it, and while one is buried, nobody else may look."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _files(folder: Path) -> list[Path]:
    """Those of processes; temporary ones have a dot in front."""
    return sorted(
        path for path in folder.iterdir() if path.name != _ENDED and not path.name.startswith(".")
    )


def _bury(folder: Path) -> None:
    """Add what dead processes counted to the ended ones, and remove their files."""
    dead = [path for path in _files(folder) if not _is_held(path)]
    if not dead:
        return
    totals = _read(folder / _ENDED)
    for path in dead:
        _add(totals, {line: value for line, value in _read(path).items() if _stays(line)})
    fresh = folder / f".{_ENDED}"
    try:
        fresh.write_bytes(_wrapped(list(totals.items())))
        fresh.replace(folder / _ENDED)
    except OSError as error:
        log.warning("metrics event=not-kept reason=%s", error.strerror)
        return
    for path in dead:
        path.unlink(missing_ok=True)


def _is_held(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _stays(line: str) -> bool:
    """Whether a number of a dead process still counts."""
    name = _metric_of(line)
    return name is not None and METRICS[name].kind is not Kind.GAUGE


def _metric_of(line: str) -> str | None:
    """The metric that a series belongs to; None for one that an older version had."""
    name = line.partition("{")[0]
    if name in METRICS:
        return name
    stem = name.rpartition("_")[0]
    known: Meaning | None = METRICS.get(stem)
    return stem if known is not None and known.kind is Kind.HISTOGRAM else None


def _add(totals: Totals, more: Totals) -> None:
    for line, value in more.items():
        totals[line] = totals.get(line, 0.0) + value


def _wrapped(samples: list[Sample]) -> bytes:
    """The lines under a checksum: a reader may come while a file is being written."""
    content = "".join(f"{line} {written(value)}\n" for line, value in samples).encode()
    return b"%08x %d\n%b" % (zlib.crc32(content), len(content), content)


def _read(path: Path) -> Totals:
    """The numbers of a file; none where it cannot be read or is damaged."""
    for _ in range(_TRIES):
        try:
            head, _, content = path.read_bytes().partition(b"\n")
            checksum, length = head.split()
            content = content[: int(length)]
            if int(checksum, 16) == zlib.crc32(content):
                return _parsed(content.decode())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            continue
    return {}


def _parsed(content: str) -> Totals:
    """ValueError for anything that `_wrapped` does not write."""
    parted = (line.rpartition(" ") for line in content.splitlines())
    return {line: float(value) for line, _, value in parted}
