"""The category model: a weight for each feature and category, added up.

It is linear, so a prediction is a few thousand look-ups and can be explained: the features that
moved it most are its reasons. The weights are text (`bounce_rules/training/weights.tsv`), made by
`digest.category.training` from sentences of our own; nothing of scikit-learn is needed to use them.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bounce_rules
from digest.category.features import Features

SCALE = 100
"""Weights are stored as whole hundredths."""

CALM = 0.6
"""Of what the weights add up to, so much is believed: of texts that were not learned, fewer are
right than the sums alone claim (`postern train --check` shows how many)."""

LEAST_CONCEPTS, LEAST_RUNS = 12, 80
"""Features of each kind that a text is thought to have at least: of a code, or of a language that
nobody taught us, two or three are known, and they say little."""

_REASONS = 12


def length_of(known: int, least: int) -> float:
    """What the sum over so many features of one kind is divided by, so that long texts say no
    more than short ones, and texts of next to nothing less."""
    return math.sqrt(max(known, least))


@dataclass(frozen=True, slots=True)
class Prediction:
    """How likely each category is (together 1), and the features that spoke most for the first."""

    likely: Mapping[str, float]
    reasons: tuple[str, ...]

    @property
    def category(self) -> str:
        """The likeliest."""
        return max(self.likely, key=lambda name: self.likely[name])

    @property
    def confidence(self) -> float:
        """How likely that one is."""
        return self.likely[self.category]


class Written(Mapping[str, tuple[int, ...]]):
    """Numbers of features as a file has them, read when they are asked for: of tens of thousands
    a message has hundreds, mostly the same."""

    def __init__(self, written: dict[str, str]) -> None:
        self._written = written
        self._read: dict[str, tuple[int, ...]] = {}

    def __getitem__(self, name: str) -> tuple[int, ...]:
        """Raises ValueError for what are no numbers."""
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = tuple(map(int, self._written[name].split(" ")))
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._written

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


@dataclass(frozen=True, slots=True)
class Model:
    """`weights` has, for each feature, one number for each of `categories`; `start` those of a
    text without any known feature."""

    categories: tuple[str, ...]
    start: tuple[float, ...]
    weights: Mapping[str, tuple[int, ...]]

    def predict(
        self,
        found: Features,
        impossible: frozenset[str] = frozenset(),
        moves: Mapping[str, float] | None = None,
    ) -> Prediction:
        """Which category a text with these features has, if it is none of `impossible`; `moves`
        is what else was found to speak for or against a category."""
        concepts, runs = self._known(found.concepts), self._known(found.runs)
        said = self._share(concepts, LEAST_CONCEPTS), self._share(runs, LEAST_RUNS)
        parts = (self.start, *said)
        totals = [CALM * sum(numbers) for numbers in zip(*parts, strict=True)]
        for place, name in enumerate(self.categories):
            totals[place] += (moves or {}).get(name, 0.0)
            if name in impossible:
                totals[place] = -math.inf
        likely = _shares(totals)
        best = max(range(len(likely)), key=likely.__getitem__)
        reasons = _most(concepts, best) or _most(runs, best)
        return Prediction(dict(zip(self.categories, likely, strict=True)), reasons)

    def _known(self, names: Iterable[str]) -> list[tuple[str, tuple[int, ...]]]:
        return [(name, self.weights[name]) for name in names if name in self.weights]

    def _share(self, known: Sequence[tuple[str, tuple[int, ...]]], least: int) -> list[float]:
        """What features of one kind say together, whatever their number from `least` on."""
        length = SCALE * length_of(len(known), least)
        sums = [sum(column) for column in zip(*(weights for _, weights in known), strict=True)]
        return [one / length for one in sums] or [0.0] * len(self.categories)


def _most(known: Sequence[tuple[str, tuple[int, ...]]], best: int) -> tuple[str, ...]:
    ranked = sorted(known, key=lambda entry: (-entry[1][best], entry[0]))
    return tuple(name for name, weights in ranked[:_REASONS] if weights[best] > 0)


def _shares(totals: list[float]) -> list[float]:
    """Numbers as probabilities."""
    highest = max(totals)
    powers = [math.exp(total - highest) for total in totals]
    whole = sum(powers)
    return [power / whole for power in powers]


WEIGHTS = Path(bounce_rules.__file__).parent / "training" / "weights.tsv"


@lru_cache(maxsize=1)
def shipped_model() -> Model:
    """The model that comes with Postern."""
    return read_model(WEIGHTS.read_bytes().decode())


def read_model(text: str) -> Model:
    """What `write_model` wrote. Raises ValueError, for a feature's numbers when they are used."""
    head, start, weights = text.split("\n", 2)
    *cells, end = weights.replace("\t", "\n").split("\n")
    if end or len(cells) % 2:
        raise ValueError("the model is cut off, or a line has no numbers")
    written = dict(zip(cells[::2], cells[1::2], strict=True))
    categories = tuple(head.split("\t"))
    return Model(categories, tuple(map(float, start.split("\t"))), Written(written))


def write_model(model: Model) -> str:
    """The model as lines: the categories, where they start, then feature after feature."""
    lines = ["\t".join(model.categories), "\t".join(f"{one:.4f}" for one in model.start)]
    for feature in sorted(model.weights):
        lines.append(f"{feature}\t{' '.join(map(str, model.weights[feature]))}")
    return "\n".join(lines) + "\n"
