"""Whether a message is an automatic answer: signs with points, which add up.

Header fields and the subjects that programs write are enough by themselves. Where there are none,
several phrases of such notes must come together in what this person wrote; a question or a wish
counts against it, because only people have those.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from digest.automatic.rules import Rules, shipped_rules
from digest.automatic.spelling import fold
from digest.fields import Fields

LOOKED_AT = 1000
"""Characters of a text: such notes say at once what they are."""

_LONGEST_SUBJECT = 300
_SHORT = 240
"""Characters of a note that says that somebody is away until when, and no more."""
_QUESTION = re.compile(r"[?？¿](?!\S*=)")


@dataclass(frozen=True, slots=True)
class Automatic:
    """What told it, and its points. `is_sure`: it was a sign for programs."""

    signs: tuple[tuple[str, int], ...]
    is_sure: bool

    @property
    def confidence(self) -> float:
        """What the phrases of a text say is less sure than what programs say."""
        return (
            min(0.98, 0.7 + self.points / 40) if self.is_sure else min(0.9, 0.5 + self.points / 30)
        )

    @property
    def points(self) -> int:
        """All of them together."""
        return sum(points for _, points in self.signs)


def read_automatic(
    fields: Fields, subject: str, text: str, *, is_null_sender: bool
) -> Automatic | None:
    """What tells that this is an automatic answer; None where it is not enough.

    `text` is what this person wrote. `is_null_sender`: nobody may answer, and it is no report.
    """
    rules = shipped_rules()
    hard = [(one.name, one.points) for one in rules.fields if one.fits(fields)]
    if is_null_sender:
        hard.append(("null-sender-without-report", _NULL_SENDER))
    begins, is_title = _read_subject(subject, rules)
    if begins:
        hard.append(("subject-of-an-automatic-answer", rules.points["subject"]))
    is_sure = sum(points for _, points in hard) >= rules.enough
    soft = [] if is_sure else _soft(_said(text, rules), is_title, rules)
    found = Automatic(tuple(hard + soft), is_sure)
    return found if found.points >= rules.enough else None


def is_personal(text: str) -> bool:
    """Whether somebody asks or wants something, and nothing outweighs it: then no words of absence
    make an automatic answer of it."""
    said = _said(text, shipped_rules())
    return bool(said.keys() & {"question", "person"}) and sum(said.values()) <= 0


def is_receipt(text: str) -> bool:
    """Whether a text says that our message arrived, or waits for us to prove that we are people,
    and nothing of an absence."""
    roles = _said(text, shipped_rules()).keys()
    return bool(roles & _RECEIPT) and not roles & _ABSENCE


_NULL_SENDER = 4
_RECEIPT = frozenset(["received", "ticket", "challenge"])
_ABSENCE = frozenset(["absent", "left"])
_SOFT_ALONE = frozenset(["thanks", "soon", "back", "urgent", "contact"])


def _read_subject(subject: str, rules: Rules) -> tuple[bool, bool]:
    """Whether a program wrote the subject, and whether it is the title of such a note."""
    spelled = fold(subject[:_LONGEST_SUBJECT]).strip()
    prefixes = rules.prefixes.match(spelled)
    begin = prefixes.end() if prefixes else 0
    begins = rules.subjects.match(spelled, begin) is not None
    return begins, rules.titles.match(spelled, begin) is not None


def _said(text: str, rules: Rules) -> dict[str, int]:
    """What the phrases of the text say, each once."""
    return _said_in(text[:LOOKED_AT], rules)


@lru_cache(maxsize=4)  # one message asks up to three times
def _said_in(text: str, rules: Rules) -> dict[str, int]:
    spelled = fold(text)
    said = {one.role: rules.points[one.role] for one in rules.phrases.find(spelled)}
    if "urgent" not in said and _QUESTION.search(spelled):  # "Urgent? Ask my colleague."
        said["question"] = rules.points["question"]
    if said.keys() >= {"absent", "back"} and len(spelled) <= _SHORT:
        said["short"] = rules.points["short"]
    return said


def _soft(said: dict[str, int], is_title: bool, rules: Rules) -> list[tuple[str, int]]:
    """The points of title and text; politeness alone tells nothing."""
    title = [("title-of-an-automatic-answer", rules.points["title"])] if is_title else []
    if said.keys() <= _SOFT_ALONE | {"question", "person"}:
        return []
    return title + [(f"text:{role}", points) for role, points in said.items()]
