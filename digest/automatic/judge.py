"""Whether a message is an automatic answer: signs with points, which add up.

Header fields and the subjects that programs write are enough by themselves. Where there are none,
several phrases of such notes must come together in what this person wrote; a question or a wish
counts against it, because only people have those.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from digest.automatic.phrases import Said
from digest.automatic.rules import LABEL, Rules, shipped_rules
from digest.automatic.spelling import fold
from digest.away.languages import shipped_languages
from digest.fields import Fields

LOOKED_AT = 1000
"""Characters of a text: such notes say at once what they are."""

_LONGEST_SUBJECT = 300
_SHORT = 240
"""Characters of a note that says that somebody is away until when, and no more."""
_LONG = 400
"""Characters of a note in which no program is brief any more."""
_CURT = 160
"""Characters of what people type on a phone."""
QUOTED = re.compile(r"[\"「『][^\"「」『』\n]{10,400}[\"」』]")
"""What somebody puts between marks he read elsewhere."""
_QUESTION = re.compile(r"[?？¿](?!\S*=)")


@dataclass(frozen=True, slots=True)
class Automatic:
    """What told it, and its points. `is_sure`: it was signs for programs, and `is_plain`: one of
    them is enough by itself."""

    signs: tuple[tuple[str, int], ...]
    is_sure: bool
    is_plain: bool = False

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
    is_plain = any(points >= rules.points["title"] for _, points in hard)
    is_answer = is_title or "in-reply-to" in fields
    said = {} if is_sure else _said(text, rules)
    if any(name == _GENERATED for name, _ in hard) and not (begins or is_title):
        said = _of_an_answer(said, text, rules)
    soft = [] if is_sure else _soft(said, is_title, rules, is_answer=is_answer)
    found = Automatic(tuple(hard + soft), is_sure, is_plain)
    return found if found.points >= rules.enough else None


def _of_an_answer(said: dict[str, int], text: str, rules: Rules) -> dict[str, int]:
    """What a text says that a program wrote of itself ("auto-generated", RFC 3834 §5), if it
    answers a letter nevertheless, as some responders do: a receipt, or somebody is away."""
    if said.keys() & _BESIDE_ABSENCE and _tells(text, _AWAY):
        named = said.keys() & _INSTEAD
        return {"absent": rules.points["absent"]} | said if named else said
    return said if said.keys() & _ANSWERS or said.keys() >= _NUMBERED else {}


def answers_an_automatic_answer(subject: str) -> bool:
    """Whether somebody answers what a program of ours wrote: "Re: Automatic reply: …"."""
    rules = shipped_rules()
    spelled = fold(subject[:_LONGEST_SUBJECT]).strip()
    prefixes = rules.prefixes.match(spelled)
    if prefixes is None or not prefixes[1]:
        return False
    return rules.subjects.match(spelled, prefixes.end()) is not None


def is_personal(text: str) -> bool:
    """Whether somebody asks or wants something, and nothing outweighs it: then no words of absence
    make an automatic answer of it."""
    said = _said(text, shipped_rules())
    if not said.keys() & _WISHES:
        return False
    if tells_a_decision(text):
        return True
    return sum(said.values()) <= 0 or not _tells(text, _PLAIN_REASONS)


def tells_a_decision(text: str) -> bool:
    """Whether somebody who has read a letter tells what was decided of it. A receipt comes before
    that; and a program says of itself what it is."""
    said = _said(text, shipped_rules()).keys()
    return "decision" in said and not said & _OF_PROGRAMS


def lacks_a_reason(text: str) -> bool:
    """Whether a text that is long enough to tell why it is an automatic answer does not."""
    return len(text) >= _LONG and not _tells(text, _REASONS)


def is_brief_and_bare(text: str) -> bool:
    """Whether a text is a line or two, and has nothing that notes of absence have but a word for
    being away: "on a roof all day, call you tonight"."""
    if len(text) > _CURT or any(one.isdigit() for one in text):
        return False
    return not _said(text, shipped_rules()).keys() & _OF_NOTES


def _tells(text: str, roles: frozenset[str]) -> bool:
    """Whether it says one of these, or has any word for being away."""
    if _said(text, shipped_rules()).keys() & roles:
        return True
    found = shipped_languages().phrases.find(fold(text[:LOOKED_AT]))
    return any(one.role in roles for one in found)


def wants_something(text: str) -> bool:
    """Whether a text asks something of us in the words of a person."""
    return "person" in _said(text, shipped_rules())


def acknowledges(text: str) -> bool:
    """Whether a text says that a letter of ours arrived."""
    return "received" in _said(text, shipped_rules())


def is_of_a_machine(text: str) -> bool:
    """Whether a text says of itself that no person wrote it, or that nobody reads answers."""
    return "robot" in _said(text, shipped_rules())


def languages_of_a_machine(text: str) -> set[str]:
    """The languages in which it does, also where somebody only quotes it; "zh" for all Chinese."""
    found = shipped_rules().phrases.find(fold(text[:LOOKED_AT]))
    return {one.language.partition("-")[0] for one in found if one.role == "robot"}


def is_receipt(text: str) -> bool:
    """Whether a text says that our message arrived, or waits for us to prove that we are people,
    and nothing of an absence."""
    roles = _said(text, shipped_rules()).keys()
    return bool(roles & _RECEIPT) and not roles & _ABSENCE


_NULL_SENDER = 4
_GENERATED = "auto-submitted-auto-generated"
_ANSWERS = frozenset(["received", "absent", "gone", "challenge"])
_NUMBERED = frozenset(["ticket", "soon"])
_INSTEAD = frozenset(["urgent", "contact"])
_BESIDE_ABSENCE = _INSTEAD | {"back", "access"}
_AWAY = frozenset(["absent", "gone"])
_RECEIPT = frozenset(["received", "ticket", "challenge"])
_ABSENCE = frozenset(["absent", "left", "gone"])
_PLAIN_REASONS = frozenset(["absent", "gone", "robot", "received", "access", "challenge"])
_OF_PROGRAMS = frozenset(["absent", "gone", "robot", "access", "challenge"])
_REASONS = _RECEIPT | _ABSENCE | {"robot", "access"}
_OF_NOTES = _REASONS | {"back", "urgent", "soon"}
_HEADS = re.compile(r"(?:\A|\n)[^\w\n]{0,8}\Z|[.!?:;。)\]】(\[【*=_#|~-]\s?\Z")
_FOOTER = frozenset(["robot", "contact", "back", "urgent"])
_WISHES = frozenset(["question", "person", "call", "decision"])
_OF_ABSENCE = frozenset(["back", "urgent", "contact"])
_BESIDE_WHICH = frozenset(["absent", "gone", "left", "access", "robot", "challenge"])
_SOFT_ALONE = frozenset(["thanks", "soon", "back", "urgent", "contact"])


def _read_subject(subject: str, rules: Rules) -> tuple[bool, bool]:
    """Whether a program wrote the subject, and whether it is the title of such a note. Behind the
    prefix of a reply neither is."""
    spelled = fold(subject[:_LONGEST_SUBJECT]).strip()
    prefixes = rules.prefixes.match(spelled)
    if prefixes and prefixes[1]:
        return False, False
    begin = prefixes.end() if prefixes else 0
    begins = rules.subjects.match(spelled, begin) is not None
    return begins, rules.titles.match(spelled, begin) is not None


def _said(text: str, rules: Rules) -> dict[str, int]:
    """What the phrases of the text say, each once."""
    return _said_in(text[:LOOKED_AT], rules)


@lru_cache(maxsize=4)  # one message asks up to three times
def _said_in(text: str, rules: Rules) -> dict[str, int]:
    spelled = QUOTED.sub(" ", fold(text))
    roles = dict.fromkeys(_role(one, spelled) for one in rules.phrases.find(spelled))
    said = {role: rules.points[role] for role in roles if role}
    if "gone" in said:  # the plainer word for it
        said.pop("left", None)
    if "urgent" in said:  # "Urgent? Ask my colleague, or call me."
        said.pop("call", None)
    elif _QUESTION.search(spelled):
        said["question"] = rules.points["question"]
    if ("gone" in said or said.keys() >= {"absent", "back"}) and len(spelled) <= _SHORT:
        said["short"] = rules.points["short"]
    return said


def _role(one: Said, text: str) -> str:
    """What a phrase says there; "" for the name of such notes inside a sentence."""
    if one.role != LABEL:
        return one.role
    return "robot" if _HEADS.search(text[max(0, one.start - 10) : one.start]) else ""


def _soft(
    said: dict[str, int], is_title: bool, rules: Rules, *, is_answer: bool
) -> list[tuple[str, int]]:
    """The points of title and text; politeness alone tells nothing. "This mail is automatic" and
    whom to ask stand below every notice, so they need an answer or a reason beside them."""
    title = [("title-of-an-automatic-answer", rules.points["title"])] if is_title else []
    if said.keys() <= _SOFT_ALONE | _WISHES:
        return []
    if not is_answer and said.keys() <= _FOOTER | _WISHES:
        return []
    if not said.keys() & _BESIDE_WHICH:
        said = {role: points for role, points in said.items() if role not in _OF_ABSENCE}
    return title + [(f"text:{role}", points) for role, points in said.items()]
