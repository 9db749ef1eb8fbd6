"""What the category model weighs: what a text is about, and the runs of characters that it is of.

The same function runs when the model is trained and when it is asked, so both see a text alike.
Concepts, alone and one after the other ("not" before "interested"), are the same in all languages.
Runs of two to five characters within a word and across its edges add what no list of words knows;
in scripts without spaces a character is nearly a word, so runs of one to three are enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from digest.category.concepts import Concepts
from digest.category.tokens import is_dense, tokens

MOST_CHARACTERS = 1_200
"""Of the subject and what the person wrote, together: the reason to write stands at the top."""

_SUBJECT_CHARACTERS = 200
_LONGEST_WORD = 40
_LONGEST_RUN = 320


@dataclass(frozen=True, slots=True)
class Features:
    """Two kinds, because each is brought to the same length by itself: of runs there are many."""

    concepts: frozenset[str]
    runs: frozenset[str]


def features(subject: str, text: str, concepts: Concepts) -> Features:
    """The features of a message with this subject, of which `text` is what the person wrote.

    At most some thousands, however long the text is. Never raises.
    """
    words = tokens(f"{subject[:_SUBJECT_CHARACTERS]}\n{text}"[:MOST_CHARACTERS])
    about = list(concepts.found_in(words))
    found = {f"#{name}" for names in about for name in names}
    for before, after in pairwise(about):
        found.update(f"#{one}>{other}" for one in before for other in after)
    return Features(frozenset(found), frozenset(_all_runs(words)))


def _all_runs(words: list[str]) -> Iterator[str]:
    for word in words:
        if is_dense(word):
            yield from _runs(word[:_LONGEST_RUN], 1, 3)
        else:
            yield from _runs(f" {word[:_LONGEST_WORD]} ", 2, 5)


def _runs(word: str, shortest: int, longest: int) -> Iterator[str]:
    for length in range(shortest, longest + 1):
        for start in range(len(word) - length + 1):
            yield word[start : start + length]
