"""What the category model weighs: what a text is about, its shape, and its runs of characters.

The same function runs when the model is trained and when it is asked, so both see a text alike.
Concepts, alone, one after the other ("not" before "interested") and by the kind of sentence they
stand in (a price in a question is another thing than a price in a word of thanks), are the same in
all languages. So is the shape: how long, whether anything is asked, what the first and last
sentences are about. Runs of two to five characters within a word and across its edges add what no
list of words knows; in scripts without spaces a character is nearly a word, so runs of one to
three are enough.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from digest.category.concepts import Concepts
from digest.category.tokens import is_dense, tokens

MOST_CHARACTERS = 1_200
"""Of the subject and what the person wrote, together: the reason to write stands at the top."""

_SUBJECT_CHARACTERS = 200
_LONGEST_WORD = 40
_LONGEST_RUN = 320
# Chinese has commas where others have full stops.
_SENTENCE_ENDS = re.compile(r"(?<=[!?;。！？；؟۔।…，])|(?<=\.)(?=\s)|\n")
_KINDS = {
    "please": "please",
    "thanks": "thanks",
    "praise": "thanks",
    "wish": "wish",
    "not": "not",
    "but": "but",
    "sorry": "not",
    "already": "already",
    "stay": "already",
    "ourorder": "ours",
}
_SIZES = ((2, "one-word"), (6, "few-words"), (20, "short"), (60, "middle"))
_WORD_OF_DENSE = 2
"""Characters that count as one word in scripts without spaces."""

_COURTESY = frozenset(["thanks", "praise", "wish", "please", "ok"])

Found = list[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Features:
    """Two kinds, because each is brought to the same length by itself: of runs there are many."""

    concepts: frozenset[str]
    runs: frozenset[str]


def features(subject: str, text: str, concepts: Concepts) -> Features:
    """The features of a message with this subject, of which `text` is what the person wrote.

    At most some thousands, however long the text is. Never raises.
    """
    whole = f"{subject[:_SUBJECT_CHARACTERS]}\n{text[:MOST_CHARACTERS]}"[:MOST_CHARACTERS]
    sentences = [words for part in _SENTENCE_ENDS.split(whole) if (words := tokens(part))]
    about = [list(concepts.found_in(words)) for words in sentences]
    found = set(_shape(sentences))
    for words, here in zip(sentences, about, strict=True):
        found.update(_of_sentence(words, here))
    found.update(_edges([here for here in about if here]))
    return Features(frozenset(found), frozenset(_all_runs(sentences)))


def is_mere_courtesy(found: Features) -> bool:
    """Whether a text is a word or two of thanks, praise or consent, which go with yes and no."""
    names = _named(found)
    return "=one-word" in found.concepts and bool(names) and names <= _COURTESY


def is_unknown_word(found: Features) -> bool:
    """Whether a text is a word or two at most, and about nothing that we have words for."""
    return "=one-word" in found.concepts and not _named(found)


def _named(found: Features) -> frozenset[str]:
    about = (one[1:].partition("@")[0] for one in found.concepts if one.startswith("#"))
    return frozenset(name for one in about for name in one.split(">"))


def _of_sentence(words: Sequence[str], here: Found) -> Iterator[str]:
    """Each concept, each pair of neighbours, and each concept in a sentence of this kind."""
    names = {name for some in here for name in some}
    kinds = {_KINDS[name] for name in names if name in _KINDS}
    if "?" in words or "wh" in names:
        kinds.add("ask")
    for name in names:
        yield f"#{name}"
        for kind in kinds or {"plain"}:
            yield f"#{name}@{kind}"
    for before, after in pairwise(here):
        for one in before:
            for other in after:
                yield f"#{one}>{other}"


def _edges(about: Sequence[Found]) -> Iterator[str]:
    """What the first and the last sentence that are about anything are about."""
    if len(about) > 1:
        for place, here in (("first", about[0]), ("last", about[-1])):
            for some in here:
                for name in some:
                    yield f"#{name}@{place}"


def _shape(sentences: Sequence[Sequence[str]]) -> Iterator[str]:
    """How long the text is, and whether it asks, cries or counts."""
    long = sum(
        len(word) / _WORD_OF_DENSE if is_dense(word) else 1 for one in sentences for word in one
    )
    yield "=" + next((name for most, name in _SIZES if long <= most), "long")
    for sign, name in (("?", "asks"), ("!", "cries"), ("0", "counts"), ("weblink", "links")):
        if any(sign in one for one in sentences):
            yield f"={name}"


def _all_runs(sentences: Sequence[Sequence[str]]) -> Iterator[str]:
    for word in {word for one in sentences for word in one}:
        if is_dense(word):
            yield from _runs(word[:_LONGEST_RUN], 1, 3)
        else:
            yield from _runs(f" {word[:_LONGEST_WORD]} ", 2, 5)


def _runs(word: str, shortest: int, longest: int) -> Iterator[str]:
    for length in range(shortest, longest + 1):
        for start in range(len(word) - length + 1):
            yield word[start : start + length]
