"""Mail that a system for tickets wrote, and the answer of a person in it.

Such systems put a form around what their people answer, and send the same form when a ticket was
closed and nobody said anything. Both call themselves automatic. So the form is taken away, line by
line and sentence by sentence, and what is left is somebody's answer, or nothing is. The words of
the form are data: `bounce_rules/tickets/`.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bounce_rules
from digest.automatic.judge import acknowledges
from digest.automatic.notices import passes_on_a_form, takes_no_answer, tells_absence
from digest.automatic.origin import check_origin, texts
from digest.automatic.phrases import Phrases
from digest.automatic.spelling import fold
from digest.away.languages import any_of
from digest.fields import Fields
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "tickets"

LOOKED_AT = 2000
"""Characters of a text."""

_TOP = 300
"""Characters in which the line stands above which one answers."""

_ROLES = ("above", "comment", "status", "hint")
_PROGRAM_FIELDS = ("x-mailer", "x-powered-by", "managed-by", "x-managed-by", "user-agent")
_MACHINE_FIELDS = ("auto-submitted", "x-auto-response-suppress")
_NO_SIGN = ("", "no", "none", "auto-replied")
"""Values that say nothing of a ticket: who is away has the last."""
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])")
_URL = re.compile(r"<?\s?(?:url\s?:\s?)?https?://\S{1,2000}", re.IGNORECASE)
_LABEL = re.compile(r"[^\s:：.!?][^:：.!?]{0,25}[:：]\s?[^.!?。！？]{0,60}\Z")
_DATED = re.compile(r"\d{1,2}[:.]\d\d|\b20\d\d|\d{1,2}[./]\d{1,2}")
_LONGEST_BYLINE = 80
_LONGEST_NAME = 40
_LONGEST_GREETING = 40
_WORD = re.compile(r"[^\W\d_]{2,}")
_DENSE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_FEWEST_WORDS = 3
_FEWEST_DENSE = 6
"""Characters of scripts without spaces that say as much."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A mail of such a system; `answer` is what a person wrote in it, or ""."""

    answer: str
    is_receipt: bool
    """Whether it says that a letter of ours arrived."""


@dataclass(frozen=True, slots=True)
class _Rules:
    fields: tuple[str, ...]
    programs: tuple[str, ...]
    numbered: re.Pattern[str]
    phrases: Phrases


def read_ticket(fields: Fields, subject: str, text: str, from_address: str = "") -> Ticket | None:
    """What such a mail tells; None where it is none, or where no program says that it sent it."""
    rules = _shipped()
    is_generated = any(fields.token(one) not in _NO_SIGN for one in _MACHINE_FIELDS)
    is_generated |= takes_no_answer(from_address) and "list-unsubscribe" not in fields
    is_of_a_system = _has_field(fields, rules) or _has_line(text, rules)
    if not (is_generated or is_of_a_system) or "list-id" in fields:
        return None
    spelled = fold(f"{subject[:300]}\n{text[:LOOKED_AT]}")
    found = rules.phrases.find(spelled)
    roles = {one.role for one in found} - {"hint"}
    is_receipt = acknowledges(text) and "comment" not in roles
    is_numbered = rules.numbered.search(spelled) is not None
    if not is_of_a_system and not ((roles or is_receipt) and is_numbered):
        return None
    if not is_of_a_system and tells_absence(spelled, [(one.start, one.end) for one in found]):
        return None
    if not (roles or is_generated) or passes_on_a_form(subject, text):
        return None
    left = _left(text[:LOOKED_AT], rules.phrases)
    if is_receipt or not _says_something(left.words):
        return Ticket("", is_receipt) if roles or is_receipt else None
    is_told = left.is_signed or "comment" in roles or "status" not in roles or "?" in left.words
    return Ticket(left.words if is_told else "", is_receipt=False)


def _has_line(text: str, rules: _Rules) -> bool:
    """Whether it begins with the line above which an answer is to be typed."""
    return any(one.role == "above" for one in rules.phrases.find(fold(text[:_TOP])))


def _has_field(fields: Fields, rules: _Rules) -> bool:
    if any(one in fields for one in rules.fields):
        return True
    named = " ".join(fields.token(one) for one in _PROGRAM_FIELDS)
    return any(one in named for one in rules.programs)


@dataclass(frozen=True, slots=True)
class _Left:
    """What no form has; `is_signed`: a name with a date stood above it."""

    words: str
    is_signed: bool


def _left(text: str, phrases: Phrases) -> _Left:
    kept: list[str] = []
    is_signed = False
    for line in text.splitlines():
        bare = _URL.sub(" ", line).strip(" -_=*#|>—·\t")
        if not bare:
            continue
        if len(bare) <= _LONGEST_BYLINE and bare[-1] not in ".!?。！？" and _DATED.search(bare):
            is_signed = is_signed or not _LABEL.match(bare)
            continue
        words = " ".join(
            filter(None, (_of_sentence(one, phrases) for one in _SENTENCE.split(bare)))
        )
        if words and not _is_form(words):
            kept.append(words)
    return _Left("\n".join(kept), is_signed)


def _of_sentence(sentence: str, phrases: Phrases) -> str:
    """The sentence, if no phrase of a form is in it; behind a colon, somebody's words begin."""
    spelled = fold(sentence)
    found = phrases.find(spelled)
    if not found:
        return sentence
    if any(one.role == "comment" for one in found):
        _, _, behind = sentence.replace("：", ":").partition(":")
        return behind.strip() if not phrases.find(fold(behind)) else ""
    return ""


def _is_form(line: str) -> bool:
    """Whether a line is a greeting, a name, or a label with its value."""
    if _LABEL.match(line):
        return True
    if line[-1] in ",，、!" and len(line) <= _LONGEST_GREETING:
        return True
    few = len(_WORD.findall(line)) <= _FEWEST_WORDS and not _DENSE.search(line)
    return few and len(line) <= _LONGEST_NAME and line[-1] not in ".!?"


def _says_something(words: str) -> bool:
    return len(_WORD.findall(words)) >= _FEWEST_WORDS or len(_DENSE.findall(words)) >= _FEWEST_DENSE


@lru_cache(maxsize=1)
def _shipped() -> _Rules:
    return load_tickets(FOLDER)


def load_tickets(folder: Path) -> _Rules:
    """Read the folder. Raises SettingsProblem naming the file and what is wrong in it."""
    name = "signs.toml"
    try:
        signs = tomllib.loads((folder / name).read_text("utf-8"))
        check_origin(signs)
        name = "phrases.toml"
        table = tomllib.loads((folder / name).read_text("utf-8"))
        check_origin(table)
        entries = [
            (language["name"], role, phrase)
            for language in table["language"]
            for role in _ROLES
            for phrase in texts(language, role)
        ]
        nouns = any_of(map(fold, texts(signs, "nouns")))
        words = r"(?:\s\w{1,15}){0,2}"
        between = rf"[\w\u0e00-\u0e7f]{{0,9}}{words}[^\w\n]{{0,4}}(?:n[or°º.]{{0,3}}\s?)?"
        numbered = rf"{nouns}{between}\d{{2,20}}|\d{{2,20}}{words}\s{nouns}|[\[#№]\s?\d{{2,20}}"
        return _Rules(
            texts(signs, "fields"),
            texts(signs, "programs"),
            re.compile(numbered),
            Phrases(entries),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise SettingsProblem(f"{folder / name}: {error}") from None
