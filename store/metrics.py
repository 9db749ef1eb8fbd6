"""What a process counts: counters, gauges and histograms, in its own memory.

Counting is an addition to a number of this process, and nothing else: no lock, no file, no look
into a table where the counter was kept beforehand. `store.metric_files` writes the numbers down
from time to time and adds up those of all processes.

    metrics.count("postern_smtp_limits_total", limit="errors")        # anywhere, now and then
    commands = metrics.counter("postern_smtp_commands_total", verb="MAIL")
    commands.add()                                                    # where it is hot

A counter belongs to one thread: two that add to one at the same moment may lose one of both.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import TypeVar

from store.metric_names import METRICS, Kind

Sample = tuple[str, float]
"""A line of the Prometheus text format: the name with its labels, and the number."""

_Key = tuple[str, ...]
"""A metric's name, and the values of its labels in their order."""


class Counter:
    """A number that grows."""

    __slots__ = ("value",)
    kind = Kind.COUNTER

    def __init__(self, bounds: tuple[float, ...] = ()) -> None:
        self.value = 0.0

    def add(self, more: float = 1.0) -> None:
        """Count one, or `more` (never negative)."""
        self.value += more

    def samples(self, key: _Key) -> Iterator[Sample]:
        """Its one line."""
        yield series(key), self.value


class Gauge:
    """A number that goes up and down."""

    __slots__ = ("value",)
    kind = Kind.GAUGE

    def __init__(self, bounds: tuple[float, ...] = ()) -> None:
        self.value = 0.0

    def set(self, value: float) -> None:
        """What it is now."""
        self.value = value

    def samples(self, key: _Key) -> Iterator[Sample]:
        """Its one line."""
        yield series(key), self.value


class Histogram:
    """How often a value was in which range, and the sum of all."""

    __slots__ = ("_bounds", "_counts", "_sum")
    kind = Kind.HISTOGRAM

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def samples(self, key: _Key) -> Iterator[Sample]:
        """A line for each bucket, each with all that is below it, then sum and count."""
        name, *values = key
        total = 0
        for bound, count in zip((*self._bounds, None), self._counts, strict=True):
            total += count
            le = "+Inf" if bound is None else written(bound)
            yield series((f"{name}_bucket", *values, le), (*METRICS[name].labels, "le")), total
        yield series((f"{name}_sum", *values), METRICS[name].labels), self._sum
        yield series((f"{name}_count", *values), METRICS[name].labels), total


_Number = TypeVar("_Number", Counter, Gauge, Histogram)


class Metrics:
    """The numbers of one process. Make one for each process, and hand it to whoever counts.

    Raises KeyError for a name that `store.metric_names` does not have, and ValueError where the
    kind or the labels are others than there.
    """

    def __init__(self) -> None:
        self._numbers: dict[_Key, Counter | Gauge | Histogram] = {}
        self._samplers: list[Callable[[], None]] = []

    def counter(self, name: str, **labels: str) -> Counter:
        """The counter to keep and add to."""
        return self._number(Counter, name, labels)

    def gauge(self, name: str, **labels: str) -> Gauge:
        """The gauge to keep and set."""
        return self._number(Gauge, name, labels)

    def histogram(self, name: str, **labels: str) -> Histogram:
        """The histogram to keep and feed."""
        return self._number(Histogram, name, labels)

    def count(self, name: str, more: float = 1.0, **labels: str) -> None:
        """Add to a counter that is not worth keeping."""
        self._number(Counter, name, labels).add(more)

    def sampled(self, sampler: Callable[[], None]) -> None:
        """Call `sampler` before the numbers are written down: it sets what lies about anyway, so
        that nobody has to keep it up to date at every event."""
        self._samplers.append(sampler)

    def sample(self) -> None:
        """Call all samplers. Belongs to the thread that counts."""
        for sampler in self._samplers:
            sampler()

    def samples(self) -> list[Sample]:
        """All numbers as lines."""
        found = tuple(self._numbers.items())
        return [sample for key, number in found for sample in number.samples(key)]

    def _number(self, sort: type[_Number], name: str, labels: dict[str, str]) -> _Number:
        key = (name, *labels.values())
        number = self._numbers.get(key)
        if number is None:
            meaning = METRICS[name]
            if meaning.kind is not sort.kind or tuple(labels) != meaning.labels:
                raise ValueError(f"{name} is a {meaning.kind} with the labels {meaning.labels}")
            number = self._numbers[key] = sort(meaning.bounds)
        assert isinstance(number, sort)
        return number


def series(key: _Key, labels: tuple[str, ...] | None = None) -> str:
    """`name{label="value"}` as the Prometheus text format writes it."""
    name, values = key[0], key[1:]
    if labels is None:
        labels = METRICS[name].labels
    if not labels:
        return name
    words = (f'{label}="{_quoted(value)}"' for label, value in zip(labels, values, strict=True))
    return f"{name}{{{','.join(words)}}}"


def written(value: float) -> str:
    """A number as briefly as it can be told exactly."""
    return repr(value).removesuffix(".0")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
