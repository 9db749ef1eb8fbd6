"""What the header says beside the words: that a message answers one, or was sent by a machine.

Words alone cannot tell an invoice from a question about an invoice as well as a reader who sees
that the one came from "noreply" and the other answers his own letter. `hints.toml` says how far
each such sign moves the categories.
"""

import re
import tomllib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bounce_rules
from digest.category.concepts import shipped_concepts
from digest.category.tokens import tokens
from digest.lineage import base_subject
from mail.errors import SettingsProblem

FILE = Path(bounce_rules.__file__).parent / "training" / "hints.toml"
SIGNS = (
    "answers-ours",
    "answers-a-number",
    "answers-business",
    "answers-an-offer-to-all",
    "machine-address",
    "bulk-fields",
    "abuse-address",
)

_LOCAL_WORDS = re.compile(r"[+=].*\Z")
_LONGEST_LOCAL_PART = 64
_SUBJECT = 200
"""Characters of a subject that are read for what it is about."""
# Numbers of offers, orders and invoices, as in "HP-2291", "26-1440", "№ 318"; years are none.
_OUR_NUMBER = re.compile(
    r"[#№º°]\s?\d\d|\bn[ro]?\.\s?\d\d|[^\W\d_]-\d{3}|"
    r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4}|"
    r"(?<!\d)(?!(?:19|20)\d\d[-/](?:20)?\d\d(?!\d))\d{1,8}[-/]\d\d"
)

Moves = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Hints:
    """`moves` has what each sign adds to each category; the others say what the signs are:
    `business` and `offers` are concepts of a subject that is answered."""

    moves: Mapping[str, Moves]
    business: frozenset[str]
    offers: frozenset[str]
    machine: frozenset[str]
    abuse: frozenset[str]
    bulk_fields: tuple[str, ...]

    def signs(self, fields: Container[str], subject: str, from_address: str) -> Iterator[str]:
        """The names of the signs that a message bears; `fields` has the names of its fields."""
        base, is_reply = base_subject(subject)
        if is_reply or "in-reply-to" in fields:
            yield "answers-ours"
            yield from self._of_what_is_answered(base)
        elif any(name in fields for name in self.bulk_fields):
            yield "bulk-fields"
        local = _LOCAL_WORDS.sub("", from_address.partition("@")[0][:_LONGEST_LOCAL_PART].lower())
        if local in self.machine or local.startswith(("noreply", "no-reply")):
            yield "machine-address"
        elif local in self.abuse:
            yield "abuse-address"

    def _of_what_is_answered(self, subject: str) -> Iterator[str]:
        has_number = _OUR_NUMBER.search(subject) is not None
        if has_number:
            yield "answers-a-number"
        words = tokens(subject[:_SUBJECT])
        about = {name for names in shipped_concepts().found_in(words) for name in names}
        if about & self.business:
            yield "answers-business"
        elif about & self.offers and not has_number:
            yield "answers-an-offer-to-all"

    def moved_by(self, signs: tuple[str, ...]) -> Moves:
        """How far all of these together move each category."""
        together: dict[str, float] = {}
        for sign in signs:
            for category, number in self.moves[sign].items():
                together[category] = together.get(category, 0.0) + number
        return together


def own_subject(subject: str, reply_text: str) -> str:
    """The subject, unless somebody answers with a text: then the subject is what we wrote."""
    is_reply = base_subject(subject)[1] and bool(reply_text.strip())
    return "" if is_reply else subject


@lru_cache(maxsize=1)
def shipped_hints() -> Hints:
    """Those that come with Postern."""
    return read_hints(FILE)


def read_hints(path: Path) -> Hints:
    """Raises SettingsProblem naming the file."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
        senders, subjects = found["senders"], found["subjects"]
        return Hints(
            {sign: {name: float(by) for name, by in found[sign].items()} for sign in SIGNS},
            frozenset(subjects["business"]),
            frozenset(subjects["offers"]),
            frozenset(senders["machine"]),
            frozenset(senders["abuse"]),
            tuple(senders["bulk_fields"]),
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise SettingsProblem(f"{path}: {type(error).__name__}: {error}") from None
