"""How the category model is made: sentences in, weights out.

`bounce_rules/training/*.tsv` has a file for each language, a line for each text: category, topic,
text (`\\n` is a new line); `check.tsv` and what is made by training are something else. Lines of
the category `frame` are what people put around their reason to write: greetings, thanks, closings,
names. A message is made of a text, or two of the same category, within such a frame, because that
is what the model will be asked about. scikit-learn is needed here and nowhere else
(`pip install postern[train]`).
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import bounce_rules
from digest.category.concepts import TABLE, Concepts
from digest.category.features import Features, features
from digest.category.model import LEAST_CONCEPTS, LEAST_RUNS, SCALE, WEIGHTS, Model
from digest.category.wordlists import read_wordlists
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "training"
CATEGORIES = ("to_reply", "inquiry", "rejection", "ooo", "bounce", "complaint", "notice")
FRAME = "frame"
FOLDS = 5
_OTHER_FILES = (WEIGHTS.name, TABLE.name, "check.tsv")
_CONFIDENCES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)

_WITHIN_FRAMES = 2
"""Messages that are made of each text, besides the text alone."""
_STRENGTH = 30.0
_CLOSE_ENOUGH = 0.01
_CONCEPTS_SEEN = 3
_RUNS_SEEN = 12
"""In how many messages a feature is to be found: what few have says more of them than of mail."""
_SMALLEST = 15


@dataclass(frozen=True, slots=True)
class Text:
    """One line of a training file. `topic` groups what says the same in other words or another
    language: what is judged must not have been learned."""

    language: str
    category: str
    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """Of one category or language: how many messages there were, and F1."""

    name: str
    number: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Language:
    """How well its texts were told: F1 of each category, and their mean."""

    name: str
    number: int
    scores: tuple[Score, ...]

    @property
    def f1(self) -> float:
        """The mean of the categories that it has texts of."""
        return _mean([one.f1 for one in self.scores if one.number])


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of the texts told with a confidence up to `most`: their number, the mean of what was claimed
    and the share that was right. A calibrated model has both alike."""

    most: float
    number: int
    claimed: float
    right: float


@dataclass(frozen=True, slots=True)
class Judged:
    """How well texts were told that had not been learned."""

    number: int
    categories: tuple[Score, ...]
    languages: tuple[Language, ...]
    reliability: tuple[Reliability, ...]

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the categories, each counting the same."""
        return _mean([one.f1 for one in self.categories if one.number])

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "macro_f1": round(self.macro_f1, 4),
            "texts": self.number,
            "categories": {one.name: round(one.f1, 4) for one in self.categories},
            "languages": {one.name: round(one.f1, 4) for one in self.languages},
            "reliability": [
                [one.most, one.number, round(one.claimed, 3), round(one.right, 3)]
                for one in self.reliability
            ],
        }


def read_texts(folder: Path = FOLDER) -> list[Text]:
    """All training texts. Raises SettingsProblem naming file and line."""
    return [
        one
        for path in sorted(folder.glob("*.tsv"))
        if path.name not in _OTHER_FILES
        for one in _read_file(path)
    ]


def _read_file(path: Path) -> Iterator[Text]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 3 or cells[0] not in (*CATEGORIES, FRAME) or not cells[2].strip():
            raise SettingsProblem(
                f"{path} line {number}: want category, topic and text between tabs; categories "
                f"are {', '.join(CATEGORIES)} and {FRAME}"
            )
        yield Text(path.stem, cells[0], cells[1], cells[2].replace("\\n", "\n"))


def fit(texts: Sequence[Text]) -> Model:
    """The model of all texts. Raises SettingsProblem where scikit-learn is missing."""
    return _fit(_told(texts), _frames(texts))


def judge(texts: Sequence[Text], kind: str) -> Judged:
    """Tell each text by a model that did not learn it (`kind` "words"), or nothing of its topic in
    any language ("topic"). Raises SettingsProblem where scikit-learn is missing."""
    told, frames = _told(texts), _frames(texts)
    folds = _folds([f"{one.category} {one.topic}" if kind == "topic" else one.text for one in told])
    predicted = [""] * len(told)
    sure = [0.0] * len(told)
    for fold in range(FOLDS):
        model = _fit([one for one, at in zip(told, folds, strict=True) if at != fold], frames)
        for number, one in enumerate(told):
            if folds[number] == fold:
                around = frames.get(one.language, [])
                message = _message(one.text, "", around, random.Random(number))
                said = model.predict(_features(message))
                predicted[number], sure[number] = said.category, said.confidence
    categories = tuple(_score(name, told, predicted) for name in CATEGORIES)
    languages = tuple(_languages(told, predicted))
    return Judged(len(told), categories, languages, tuple(_reliability(told, predicted, sure)))


def _told(texts: Sequence[Text]) -> list[Text]:
    return [one for one in texts if one.category != FRAME]


def _folds(groups: Sequence[str]) -> list[int]:
    """For each text a fold; those of one group are in one."""
    names = sorted(set(groups))
    random.Random(1).shuffle(names)
    place = {name: number % FOLDS for number, name in enumerate(names)}
    return [place[one] for one in groups]


def _fit(told: Sequence[Text], frames: dict[str, list[str]]) -> Model:
    try:
        from scipy.sparse import diags, hstack
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
    except ImportError:
        raise SettingsProblem("Training needs scikit-learn: pip install 'postern[train]'") from None
    messages, labels = _messages(told, frames)
    seen = [_features(message) for message in messages]
    tables, names = [], list[str]()
    for seen_in, least, kinds in (
        (_CONCEPTS_SEEN, LEAST_CONCEPTS, [one.concepts for one in seen]),
        (_RUNS_SEEN, LEAST_RUNS, [one.runs for one in seen]),
    ):
        counter = CountVectorizer(analyzer=list, binary=True, min_df=seen_in)
        table = counter.fit_transform(kinds).astype(float)
        lengths = table.sum(axis=1).A1.clip(min=least) ** 0.5
        tables.append(diags(1 / lengths) @ table)
        names.extend(counter.get_feature_names_out())
    learner = OneVsRestClassifier(
        LogisticRegression(
            C=_STRENGTH, class_weight="balanced", solver="liblinear", tol=_CLOSE_ENOUGH
        )
    )
    learner.fit(hstack(tables).tocsr(), labels)
    return _model_of(names, learner)


def _features(message: str) -> Features:
    return features("", message, _concepts())


@lru_cache(maxsize=1)
def _concepts() -> Concepts:
    """Those of the lists as they are now: the table is made of them with the model."""
    return read_wordlists()


def _model_of(names: Sequence[Any], learner: Any) -> Model:
    """The learned numbers, rounded; what weighs next to nothing is left out."""
    place = {name: number for number, name in enumerate(learner.classes_)}
    categories = tuple(name for name in CATEGORIES if name in place)
    learned = [learner.estimators_[place[name]] for name in categories]
    weights: dict[str, tuple[int, ...]] = {}
    for column, name in enumerate(names):
        numbers = tuple(round(float(one.coef_[0][column]) * SCALE) for one in learned)
        if max(map(abs, numbers)) >= _SMALLEST:
            weights[str(name)] = numbers
    return Model(categories, tuple(float(one.intercept_[0]) for one in learned), weights)


def _messages(told: Sequence[Text], frames: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """Every text alone and within frames, alone and with another of its language and category."""
    chance = random.Random(2)
    others: dict[tuple[str, str], list[str]] = {}
    for one in told:
        others.setdefault((one.language, one.category), []).append(one.text)
    messages, labels = [], []
    for one in told:
        around = frames.get(one.language, [])
        made = [one.text]
        for turn in range(_WITHIN_FRAMES):
            other = chance.choice(others[one.language, one.category]) if turn else ""
            made.append(_message(one.text, other, around, chance))
        messages += made
        labels += [one.category] * len(made)
    return messages, labels


def _message(text: str, other: str, around: Sequence[str], chance: random.Random) -> str:
    """A text as people send it: something before, something after."""
    if not around:
        return f"{text}\n{other}".strip()
    before, after = chance.choice(around), chance.choice(around)
    return "\n".join(part for part in (before, text, other, after) if part)


def _frames(texts: Sequence[Text]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in texts:
        if one.category == FRAME:
            found.setdefault(one.language, []).append(one.text)
    return found


def _score(name: str, told: Sequence[Text], predicted: Sequence[str]) -> Score:
    pairs = [
        (one.category == name, said == name) for one, said in zip(told, predicted, strict=True)
    ]
    right = sum(is_one and said for is_one, said in pairs)
    said_so = sum(said for _, said in pairs)
    are_so = sum(is_one for is_one, _ in pairs)
    return Score(
        name, are_so, right / said_so if said_so else 0.0, right / are_so if are_so else 0.0
    )


def _languages(told: Sequence[Text], predicted: Sequence[str]) -> Iterator[Language]:
    for language in sorted({one.language for one in told}):
        chosen = [number for number, one in enumerate(told) if one.language == language]
        some, said = [told[number] for number in chosen], [predicted[number] for number in chosen]
        yield Language(language, len(some), tuple(_score(name, some, said) for name in CATEGORIES))


def _reliability(
    told: Sequence[Text], predicted: Sequence[str], sure: Sequence[float]
) -> Iterator[Reliability]:
    least = 0.0
    for most in _CONFIDENCES:
        some = [number for number, one in enumerate(sure) if least < one <= most]
        claimed = _mean([sure[number] for number in some])
        right = _mean([float(told[number].category == predicted[number]) for number in some])
        yield Reliability(most, len(some), claimed, right)
        least = most


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
