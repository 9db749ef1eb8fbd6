"""By which words reports are known: `signs.toml` and `complaints.toml` in bounce_rules/bounces."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from digest.automatic.spelling import fold
from digest.bounce.rules import FOLDER, read_toml
from mail.errors import SettingsProblem

_Pattern = re.Pattern[str]
_NEVER = "(?!)"


@dataclass(frozen=True, slots=True)
class ReportSigns:
    """Words and patterns of delivery reports; words are lower case."""

    addresses: _Pattern
    names: tuple[str, ...]
    failed_subject: _Pattern
    delayed_subject: _Pattern
    delivered_subject: _Pattern
    person_subject: _Pattern
    failed: tuple[str, ...]
    delayed: tuple[str, ...]
    kept_out: tuple[str, ...]
    successes: tuple[str, ...]
    notices: tuple[str, ...]
    of_lists: tuple[str, ...]
    challenge_words: tuple[str, ...]
    challenge: _Pattern
    reached: tuple[str, ...]
    reached_word: _Pattern
    not_reached: _Pattern
    original: _Pattern
    reporter: tuple[_Pattern, ...]
    recipient: _Pattern
    entry_labels: tuple[str, ...]
    message_id: _Pattern


@dataclass(frozen=True, slots=True)
class Form:
    """A provider's own form of a complaint: who sends it under which subject, or which field of
    its header tells it from all others ("" where none does). A `returned` one is the message
    itself that is complained of."""

    name: str
    sender: _Pattern
    subject: _Pattern
    field: str
    returned: bool


@dataclass(frozen=True, slots=True)
class ComplaintSigns:
    """Types of feedback (RFC 5965 §7.3) and categories of X-ARF, forms of providers, what is no
    complaint, and what speaks of mail: addresses of abuse desks, laws and words in the one
    spelling. `recipients`, `complainants` and `addresses` are labels of who complained,
    `senders` is found before an address of ours."""

    complaints: frozenset[str]
    notices: frozenset[str]
    told: frozenset[str]
    redacted: tuple[str, ...]
    forms: tuple[Form, ...]
    notice_subject: _Pattern
    desks: _Pattern
    laws: tuple[str, ...]
    words: tuple[str, ...]
    recipients: tuple[str, ...]
    complainants: tuple[str, ...]
    addresses: tuple[str, ...]
    senders: _Pattern


@cache
def report_signs() -> ReportSigns:
    """Those that come with the program. Raises SettingsProblem."""
    file = FOLDER / "signs.toml"
    try:
        return _report_signs(read_toml(file))
    except (KeyError, TypeError, re.error) as error:
        raise SettingsProblem(f"{file}: not as it has to be: {error!r}") from error


@cache
def complaint_signs() -> ComplaintSigns:
    """Those that come with the program. Raises SettingsProblem."""
    file = FOLDER / "complaints.toml"
    try:
        return _complaint_signs(read_toml(file), file)
    except (KeyError, TypeError, re.error) as error:
        raise SettingsProblem(f"{file}: not as it has to be: {error!r}") from error


def _report_signs(content: dict[str, Any]) -> ReportSigns:
    senders, subjects = content["senders"], content["subjects"]
    texts, marks = content["texts"], content["marks"]
    labels = "|".join(map(re.escape, marks["recipient"]))
    called = "|".join(map(re.escape, marks["message_id"]))
    identifier = "|".join(map(re.escape, marks["identifier"]))
    return ReportSigns(
        addresses=_any(senders["addresses"], r"\Z"),
        names=tuple(senders["names"]),
        failed_subject=_any(subjects["failed"]),
        delayed_subject=_any(subjects["delayed"]),
        delivered_subject=_any(subjects["delivered"]),
        person_subject=_any([subjects["person"]]),
        failed=tuple(texts["failed"]),
        delayed=tuple(texts["delayed"]),
        kept_out=tuple(texts["kept_out"]),
        successes=tuple(texts["successes"]),
        notices=tuple(texts["notices"]),
        of_lists=tuple(texts["of_lists"]),
        challenge_words=tuple(texts["challenge_words"]),
        challenge=_any(texts["challenge"]),
        reached=tuple(texts["reached"]),
        reached_word=_any(texts["reached_word"], r"(?!\w)"),
        not_reached=_any(texts["not_reached"]),
        original=re.compile(rf"(?im)^[ \t>]{{0,20}}(?:{'|'.join(marks['original'])})"),
        reporter=tuple(re.compile(one, re.IGNORECASE) for one in marks["reporter"]),
        recipient=re.compile(rf"(?i)(?:{labels})\s*(?:[:：]|/[^:：\n]{{1,40}}[:：])"),
        entry_labels=tuple(marks["entry"]),
        message_id=re.compile(
            rf"(?im)^[ \t>|*•·\-]{{0,10}}"
            rf"(?:[^\n<>:：]{{0,40}}(?:(?<![a-z])id(?![a-z])|{identifier})[^\n<>:：]{{0,30}}"
            rf"|(?:{called})[ \t]{{0,3}})[:：][ \t]{{0,20}}(<(?=[^<>\s@]{{0,500}}\d|[^<>\s@]{{6}})"
            rf"[^<>\s@]{{1,500}}@[^<>\s]{{1,255}}>)"
        ),
    )


def _complaint_signs(content: dict[str, Any], file: Path) -> ComplaintSigns:
    feedback, about, who = content["feedback"], content["about_mail"], content["who"]
    forms = []
    for table in content["form"]:
        form = Form(
            table["name"],
            _any([table.get("from", _NEVER)], r"\Z"),
            _any([table.get("subject", _NEVER)]),
            table.get("field", ""),
            bool(table.get("returned", False)),
        )
        if not form.field and form.subject.match(table["case"]) is None:
            raise SettingsProblem(f"{file}: form {form.name!r} does not know its own case")
        forms.append(form)
    return ComplaintSigns(
        complaints=frozenset(feedback["complaints"]),
        notices=frozenset(feedback["notices"]),
        told=frozenset(feedback["told"]),
        redacted=tuple(feedback["redacted"]),
        forms=tuple(forms),
        notice_subject=_any(content["reports"]["notice"]),
        desks=_any([about["desks"]]),
        laws=tuple(map(fold, about["laws"])),
        words=tuple(map(fold, about["words"])),
        recipients=tuple(who["recipients"]),
        complainants=tuple(who["complainants"]),
        addresses=tuple(who["addresses"]),
        senders=_any(list(map(_whole, who["senders"])), r"\W{0,6}\Z"),
    )


def _whole(word: str) -> str:
    """A word as a pattern that begins with it; scripts without spaces have no words."""
    return rf"(?<!\w){re.escape(word)}" if word[0] < "\u2e80" else re.escape(word)


def _any(patterns: list[str], end: str = "") -> _Pattern:
    return re.compile(rf"(?:{'|'.join(patterns)}){end}", re.IGNORECASE)
