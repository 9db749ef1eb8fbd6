"""What an installation's operators teach: small changes to the weights, never below a floor.

A correction is a message's features and the category that a person gave it. Weights of features
that the shipped model knows are moved towards it, and pulled back towards the shipped ones, so that
few corrections change little. No new feature is ever added: nothing of a message's words is kept in
what was learned. The result is tried on texts of our own (`bounce_rules/training/check.tsv`); if it
tells them noticeably worse than the shipped model, the change is made smaller, and dropped in the
end. So a thousand wrong corrections are worth nothing rather than harm.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bounce_rules
from digest.category.concepts import shipped_concepts
from digest.category.features import Features, features
from digest.category.model import CALM, LEAST_CONCEPTS, LEAST_RUNS, SCALE, Model, length_of
from mail.errors import SettingsProblem

CHECK = Path(bounce_rules.__file__).parent / "training" / "check.tsv"

MOST_LESSONS = 1_000
"""The newest corrections count; more would cost time and say the same."""

MARGIN = 0.01
"""By so much macro-F1 on the check texts may be lower than the shipped model's."""

_ROUNDS = 6
_STEP = 2.0
_PULL = 0.005
_PARTS = (1.0, 0.5, 0.25)

Changes = dict[str, list[float]]
Values = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One corrected message, or one text to check with."""

    found: Features
    category: str


@dataclass(frozen=True, slots=True)
class Learned:
    """`changes` is what is added to the shipped weights, None where that was refused; `before` and
    `after` are macro-F1 on the check texts, without and with the change (as refused)."""

    changes: Model | None
    lessons: int
    before: float
    after: float


def learn(base: Model, lessons: Sequence[Lesson], check: Sequence[Lesson]) -> Learned:
    """What these lessons change, as far as the check texts bear it. Never raises."""
    known = [one for one in lessons if one.category in base.categories][-MOST_LESSONS:]
    before = macro_f1(base, check)
    moved = _moved(base, known)
    after = before
    for part in _PARTS:
        changes = _as_model(base, moved, part)
        after = macro_f1(changed(base, changes), check)
        if after >= before - MARGIN:
            return Learned(changes, len(known), before, after)
    return Learned(None, len(known), before, after)


def changed(base: Model, changes: Model) -> Model:
    """The shipped model with what was learned; other categories than its own teach nothing."""
    if changes.categories != base.categories:
        return base
    weights = dict(base.weights)
    for name, numbers in changes.weights.items():
        if name in weights:
            weights[name] = tuple(map(sum, zip(weights[name], numbers, strict=True)))
    return Model(base.categories, base.start, weights)


def macro_f1(model: Model, check: Sequence[Lesson]) -> float:
    """The mean F1 of the categories that there are check texts of."""
    said = [model.predict(one.found).category for one in check]
    scores = []
    for name in sorted({one.category for one in check}):
        right = sum(one.category == name == told for one, told in zip(check, said, strict=True))
        either = sum(
            (one.category == name) + (told == name) for one, told in zip(check, said, strict=True)
        )
        scores.append(2 * right / either)
    return sum(scores) / len(scores) if scores else 0.0


@lru_cache(maxsize=1)
def shipped_check() -> tuple[Lesson, ...]:
    """The check texts that come with Postern, read. Raises SettingsProblem naming the line."""
    found = []
    for number, line in enumerate(CHECK.read_text("utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != 4:
            raise SettingsProblem(f"{CHECK} line {number}: want language, category, topic and text")
        text = cells[3].replace("\\n", "\n")
        found.append(Lesson(features("", text, shipped_concepts()), cells[1]))
    return tuple(found)


def _moved(base: Model, lessons: Sequence[Lesson]) -> Changes:
    """Gradient steps of a softmax over the lessons, forth and back."""
    changes: Changes = {}
    prepared = [(_values(base, one.found), base.categories.index(one.category)) for one in lessons]
    for turn in range(_ROUNDS):
        for values, right in prepared[:: -1 if turn % 2 else 1]:
            likely = _likely(base, changes, values)
            step = _STEP / (1 + turn)
            for name, value in values:
                kept = changes.setdefault(name, [0.0] * len(likely))
                for place, share in enumerate(likely):
                    wanted = (place == right) - share
                    kept[place] += step * (wanted * value - _PULL * kept[place])
    return changes


def _values(base: Model, found: Features) -> Values:
    """The known features with what each counts, as `Model.predict` weighs them."""
    values: Values = []
    for names, least in ((found.concepts, LEAST_CONCEPTS), (found.runs, LEAST_RUNS)):
        known = sorted(name for name in names if name in base.weights)
        values += [(name, 1 / length_of(len(known), least)) for name in known]
    return values


def _likely(base: Model, changes: Changes, values: Values) -> list[float]:
    totals = list(base.start)
    for name, value in values:
        extra = changes.get(name)
        for place, weight in enumerate(base.weights[name]):
            totals[place] += value * (weight / SCALE + (extra[place] if extra else 0.0))
    highest = max(totals)
    powers = [math.exp(CALM * (total - highest)) for total in totals]
    return [power / sum(powers) for power in powers]


def _as_model(base: Model, changes: Changes, part: float) -> Model:
    rounded = {
        name: tuple(round(part * SCALE * number) for number in numbers)
        for name, numbers in changes.items()
    }
    kept = {name: numbers for name, numbers in rounded.items() if any(numbers)}
    return Model(base.categories, (0.0,) * len(base.categories), kept)
