"""Mail of machines that answers nothing of ours: newsletters, receipts, notifications, calendars.

Signs with points, as for automatic answers, as data in `bounce_rules/notices/`. People
write through mailing systems, on mailing lists and by forms on websites too, so no single field is
enough that such mail may have, and what answers us counts against it.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import bounce_rules
from digest.automatic.judge import (
    QUOTED,
    acknowledges,
    is_of_a_machine,
    languages_of_a_machine,
    wants_something,
)
from digest.automatic.origin import check_origin, texts
from digest.automatic.phrases import Phrases, Said
from digest.automatic.rules import FieldSign, read_field_sign, shipped_rules
from digest.automatic.spelling import fold
from digest.away.languages import any_of, shipped_languages
from digest.fields import Fields
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "notices"

LOOKED_AT = 1000
"""Characters of a text."""

_ROLES = ("form", "code", "receipt", "status", "leaflet", "unanswerable")
_FIRST = "first"
"""In the first person singular, in which only people write."""

_SENDERS = ("no_reply", "robot_sender", "office_sender")
_POINTS = {"subject", "calendar", "answers", "wishes", *_SENDERS, *_ROLES}
_CALENDAR_ANSWERS = ("REPLY", "COUNTER", "CANCEL", "REFRESH", "DECLINECOUNTER")
_LONGEST_RECEIPT = 600
_QUESTION = re.compile("[?？]")
_SENTENCE_ENDS = re.compile(r"[.!?。\n]")
_OF_A_PERSON = 4
"""So many questions in the first person are no list of links."""
_RECEIPTS = ("calendar-answer", "subject-of-a-receipt")
_SIGN_OF_A_MACHINE = 3
"""Points of fields and sender that a text of any kind needs beside it."""
_OF_MACHINES = ("text:unanswerable", "office-sender")
"""What may stand for them."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What of a message tells a machine: its fields, and who wrote what. `calendar_method` is that
    of an invitation (RFC 5546), or ""."""

    fields: Fields
    subject: str
    from_address: str
    reply_text: str
    calendar_method: str = ""


@dataclass(frozen=True, slots=True)
class _Rules:
    enough: int
    points: Mapping[str, int]
    fields: tuple[FieldSign, ...]
    subjects: re.Pattern[str]
    no_reply: re.Pattern[str]
    robots: re.Pattern[str]
    offices: re.Pattern[str]
    phrases: Phrases


def read_notice(letter: Letterhead) -> tuple[tuple[str, int], ...] | None:
    """The signs that tell a notice, with their points; None where they are not enough."""
    rules = _shipped()
    found = [(one.name, one.points) for one in rules.fields if one.fits(letter.fields)]
    if letter.calendar_method.upper() in _CALENDAR_ANSWERS:
        found.append(("calendar-answer", rules.points["calendar"]))
    address = letter.from_address.lower()
    if _is_receipt(letter, rules):
        found.append(("subject-of-a-receipt", rules.points["subject"]))
    is_no_reply = takes_no_answer(address)
    if is_no_reply:
        found.append(("no-reply-sender", rules.points["no_reply"]))
    elif rules.robots.match(address):
        found.append(("robot-sender", rules.points["robot_sender"]))
    is_known = sum(points for _, points in found) >= _SIGN_OF_A_MACHINE
    said = _of_text(letter, rules)
    if not is_known and not any(name in _OF_MACHINES for name, _ in said):
        return None
    if not is_known and quotes_a_machine(letter.reply_text):
        return None
    found += said
    if not is_no_reply and not _is_sure(found) and _answers(letter):
        found.append(("answers-a-message", rules.points["answers"]))
    return tuple(found) if sum(points for _, points in found) >= rules.enough else None


def _is_sure(found: list[tuple[str, int]]) -> bool:
    """Whether it is what programs send because somebody read or answered with one click."""
    return any(name in _RECEIPTS for name, _ in found)


def _is_receipt(letter: Letterhead, rules: _Rules) -> bool:
    """Whether a program told that a message of ours was read."""
    if len(letter.reply_text) > _LONGEST_RECEIPT or _QUESTION.search(letter.reply_text):
        return False
    return rules.subjects.match(fold(letter.subject[:300]).strip()) is not None


def _of_text(letter: Letterhead, rules: _Rules) -> list[tuple[str, int]]:
    spelled = fold(f"{letter.subject[:300]}\n{letter.reply_text[:LOOKED_AT]}")
    roles = dict.fromkeys(one.role for one in rules.phrases.find(spelled))
    if is_of_a_machine(letter.reply_text):
        roles["unanswerable"] = None
    found = [(f"text:{role}", rules.points[role]) for role in roles if role != _FIRST]
    if "status" in roles:
        if rules.offices.match(letter.from_address.lower()):
            found.append(("office-sender", rules.points["office_sender"]))
        if "unanswerable" not in roles and wants_something(letter.reply_text):
            found.append(("wants-something", rules.points["wishes"]))
    return found


def quotes_a_machine(text: str) -> bool:
    """Whether somebody who writes of himself says that this mail is automatic and takes no answer:
    he read that elsewhere. "Where do I find my parcel?" is a link, and no person's question."""
    spelled = fold(text[:LOOKED_AT])
    found = _found_in(spelled)
    of_machines = languages_of_a_machine(text)
    of_machines |= {one.language for one in found if one.role == "unanswerable"}
    if cites_a_machine(text):
        return True
    said = questions = 0
    for one in found:
        if one.role == _FIRST and one.language in of_machines:
            end = _SENTENCE_ENDS.search(spelled, one.end)
            said += 1
            questions += end is not None and end[0] == "?"
    return said > questions or said >= _OF_A_PERSON


def cites_a_machine(text: str) -> bool:
    """Whether it stands between quotation marks that a mail takes no answer: a person cites."""
    between_marks = "\n".join(QUOTED.findall(fold(text[:LOOKED_AT])))
    return any(one.role == "unanswerable" for one in _found_in(between_marks))


@lru_cache(maxsize=4)  # one message asks up to three times
def _found_in(spelled: str) -> tuple[Said, ...]:
    return tuple(_shipped().phrases.find(spelled))


def tells_status(subject: str, text: str) -> bool:
    """Whether mail tells what became of an order, a parcel, a payment, an invoice or a ticket,
    and neither that somebody is away nor only that a letter of ours arrived."""
    spelled = fold(text[:LOOKED_AT])
    spans = [(one.start, one.end) for one in _found_in(spelled) if one.role == "status"]
    if tells_absence(spelled, spans):
        return False
    if any(one.role == "status" for one in _found_in(fold(subject[:300]))):
        return True
    return bool(spans) and not acknowledges(text)


def takes_no_answer(address: str) -> bool:
    """Whether an address says so of itself."""
    return _shipped().no_reply.match(address.lower()) is not None


def passes_on_a_form(subject: str, text: str) -> bool:
    """Whether what a person wrote into a form on a website is passed on."""
    spelled = fold(f"{subject[:300]}\n{text[:LOOKED_AT]}")
    return any(one.role == "form" for one in _shipped().phrases.find(spelled))


def tells_absence(spelled: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether somebody is away, or gone; a ticket that "was closed" is not."""
    return any(
        one.role in ("absent", "gone")
        and not any(start < one.end and one.start < end for start, end in spans)
        for one in shipped_languages().phrases.find(spelled)
    )


def _answers(letter: Letterhead) -> bool:
    """Whether somebody answered, with words of their own."""
    if not letter.reply_text.strip():
        return False
    prefixes = shipped_rules().prefixes.match(fold(letter.subject[:300]))
    is_reply = prefixes is not None and prefixes.end() > 0
    return is_reply or "in-reply-to" in letter.fields


@lru_cache(maxsize=1)
def _shipped() -> _Rules:
    return load_notices(FOLDER)


def load_notices(folder: Path) -> _Rules:
    """Read the folder. Raises SettingsProblem naming the file and what is wrong in it."""
    name, entries = "", []
    try:
        for path in sorted(folder.glob("*.toml")):
            name = path.name
            table = tomllib.loads(path.read_text("utf-8"))
            if name == "signs.toml":
                signs = table
                continue
            check_origin(table)
            entries += [
                (table["language"], role, one)
                for role in (*_ROLES, _FIRST)
                for one in texts(table, role)
            ]
        name = "signs.toml"
        return _rules(signs, Phrases(entries))
    except (OSError, KeyError, TypeError, ValueError, UnboundLocalError) as error:
        raise SettingsProblem(f"{folder / name}: {error}") from None


def _rules(signs: Mapping[str, Any], phrases: Phrases) -> _Rules:
    points, senders = signs["points"], signs["senders"]
    if points.keys() != _POINTS:
        raise ValueError(f"points must be given for {', '.join(sorted(_POINTS))}, and no more")
    check_origin(senders)
    check_origin(signs["subjects"])
    people = any_of(texts(senders, "office_sender"))
    tail = r"(?:[-_.+]?\d{0,6}|[-_.+][^@\s]{1,60})@"
    return _Rules(
        enough=signs["enough"],
        points=points,
        fields=tuple(read_field_sign(one) for one in signs["field"]),
        subjects=re.compile(rf"{any_of(map(fold, texts(signs['subjects'], 'begin')))}\s?:"),
        no_reply=re.compile(rf"(?:[^@\s]{{1,40}}[-_.])?{any_of(texts(senders, 'no_reply'))}{tail}"),
        robots=re.compile(rf"{any_of(texts(senders, 'robot_sender'))}{tail}"),
        offices=re.compile(rf"{people}{tail}"),
        phrases=phrases,
    )
