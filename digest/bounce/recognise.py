"""Whether a message is a report of a mail system at all, before anybody reads what it says.

A person may quote a report, forward one or ask about one, and an absence note may come from a
postmaster with the null sender. So no single sign is enough where there is no report by RFC 3464:
who signs, the envelope, the subject, the words, and what is returned count together.
"""

from dataclasses import dataclass
from enum import StrEnum

from digest.bounce.delivery_status import DeliveryStatus
from digest.bounce.languages import keeps_trying, said_in_words
from digest.bounce.letter import Letter, addresses_in, original_part, text_of
from digest.bounce.prose import Prose
from digest.bounce.rules import CODE, LONGEST, STATUS, plain, shipped_rules
from digest.bounce.signs import report_signs
from digest.bounce.values import Kind

BY_A_LIST = "words-of-a-mailing-list"
"""The sign that a mailing list's program keeps a message out."""

_ENOUGH = 5
_CHALLENGE = 1500
_OTHER_REPORTS = frozenset(["message/disposition-notification", "message/feedback-report"])


class Sort(StrEnum):
    """What a report is about."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    NOTICE = "notice"
    """A mail system tells its own user something."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was recognised, by which signs, and how sure that is."""

    sort: Sort
    why: tuple[str, ...]
    confidence: float


def may_be_report(letter: Letter) -> bool:
    """The cheap question that nearly all mail answers with no."""
    root = letter.tree.root
    return (
        root.content_type == "multipart/report"
        or letter.sender == ""
        or "x-failed-recipients" in root.fields
        or is_mailer(letter)
    )


def is_answer(subject: str) -> bool:
    """Whether a subject is one that people's programs write when they answer or pass on."""
    return report_signs().person_subject.match(subject) is not None


def is_mailer(letter: Letter) -> bool:
    """Whether the author is a mail system, by address or by name."""
    address = letter.from_address
    return (
        _is_nameless(letter)
        or bool(address and report_signs().addresses.match(address))
        or names_mailer(letter.from_name)
    )


def names_mailer(name: str) -> bool:
    """Whether a name is one under which mail systems write."""
    spelled = name.lower()
    return any(one in spelled for one in report_signs().names)


def _is_nameless(letter: Letter) -> bool:
    """Whether From says, as only mail systems do, that nobody wrote it."""
    if letter.from_address:
        return False
    is_empty = (letter.fields.first("from") or b"").rstrip().endswith(b"<>")
    return is_empty or (letter.sender == "" and not letter.from_name)


def is_structured_report(letter: Letter, report: DeliveryStatus) -> bool:
    """Whether fields of a report are this message's own, and not passed on by a person."""
    if letter.types & _OTHER_REPORTS:
        return False
    by_system = letter.sender == "" or is_mailer(letter)
    if not report.is_part:
        return by_system
    is_report = letter.tree.root.content_type == "multipart/report"
    is_person = is_answer(letter.subject) and not by_system
    return by_system or (is_report and not is_person) or (letter.sender is None and not is_person)


def is_challenge(letter: Letter) -> bool:
    """Whether a program wants to know that a person wrote before it delivers our mail: nothing
    failed, and nobody is away."""
    is_automatic = letter.fields.token("auto-submitted").startswith("auto-")
    is_automatic |= letter.fields.token("precedence") in ("auto_reply", "bulk", "junk")
    if not (is_automatic or may_be_report(letter)) or is_answer(letter.subject):
        return False
    told = " ".join(f"{letter.subject[:200]}\n{letter.text[:_CHALLENGE]}".casefold().split())
    return _asks_for_a_sign(told) and CODE.search(told) is None and STATUS.search(told) is None


def _asks_for_a_sign(told: str) -> bool:
    """Patterns are tried where one of their first words is: anywhere would cost ten times more."""
    signs = report_signs()
    for word in signs.challenge_words:
        at = told.find(word)
        while at >= 0:
            if signs.challenge.match(told, at):
                return True
            at = told.find(word, at + len(word))
    return False


def recognise(letter: Letter, prose: Prose) -> Recognised | None:
    """Judge a message without fields of a report; None: it is none."""
    signs = report_signs()
    if letter.types & _OTHER_REPORTS or "tlsrpt" in _report_type(letter):
        return None
    mailer = is_mailer(letter)
    if is_answer(letter.subject) and (not mailer or letter.sender != ""):
        return None
    said = prose.said.casefold()
    told = f"{letter.subject.casefold()}\n{said}"
    if _is_notice(told, said, mailer=mailer) and "x-failed-recipients" not in letter.fields:
        return _notice(letter, mailer=mailer)
    if mailer and signs.delivered_subject.match(letter.subject):
        return Recognised(Sort.DELIVERED, ("report-of-success",), 0.95)
    scores = dict(_scores(letter, prose, said, mailer=mailer))
    total = sum(scores.values())
    if total < _ENOUGH:
        return _notice(letter, mailer=True) if mailer and _warns_its_reader(letter, said) else None
    sort = sort_of(letter, prose)
    why = tuple(name for name, score in scores.items() if score > 0)
    return Recognised(sort, why, min(0.98, 0.6 + total / 30))


def _is_notice(told: str, said: str, *, mailer: bool) -> bool:
    """Whether it is about success alone, about the reader's own mailbox, or about lists of which
    the reader is a member."""
    signs, line = report_signs(), " ".join(told.split())
    if any(text in line for text in (*signs.notices, *(signs.of_lists if mailer else ()))):
        return True
    names_failure = CODE.search(said) is not None and any(text in said for text in signs.failed)
    return any(text in told for text in signs.successes) and not names_failure


def sort_of(letter: Letter, prose: Prose) -> Sort:
    """Whether a report that something was not delivered says that it will be tried again."""
    signs, said = report_signs(), prose.said.casefold()
    delayed = signs.delayed_subject.match(letter.subject) is not None
    delayed = delayed or any(text in said for text in signs.delayed) or keeps_trying(prose.said)
    return Sort.DELAYED if delayed else Sort.FAILED


def _notice(letter: Letter, *, mailer: bool) -> Recognised | None:
    if mailer or letter.sender == "":
        return Recognised(Sort.NOTICE, ("mail-system-notice",), 0.9)
    return None


def _report_type(letter: Letter) -> str:
    return letter.tree.root.parameters.get("report-type", "").lower()


def _scores(letter: Letter, prose: Prose, said: str, *, mailer: bool) -> list[tuple[str, float]]:
    signs, found = report_signs(), list[tuple[str, float]]()
    if mailer:
        found.append(("author-is-a-mailer", 2))
    if letter.sender == "":
        found.append(("null-sender", 1))
    elif letter.sender is None:
        found.append(("no-envelope", 0.5))
    elif not mailer:
        found.append(("a-sender-with-an-address", -3))
    if "x-failed-recipients" in letter.fields:
        found.append(("x-failed-recipients", 3))
    if "delivery-status" in _report_type(letter):
        found.append(("multipart-report", 3))
    if signs.delayed_subject.match(letter.subject):
        found.append(("subject-of-a-delay", 2))
    elif signs.failed_subject.match(letter.subject):
        found.append(("subject-of-a-failure", 2))
    if any(text in said for text in (*signs.failed, *signs.delayed)):
        found.append(("words-of-a-failure", 2))
    if mailer and any(text in said for text in signs.kept_out):
        found.append((BY_A_LIST, 3))
    if CODE.search(said) or STATUS.search(said):
        found.append(("status-code", 2 if "daemon" in letter.from_address.lower() else 1))
    if prose.message_id is not None or original_part(letter.tree) is not None:
        found.append(("returned-message", 2 if mailer else 1))
    if mailer and sum(score for _, score in found) < _ENOUGH and _tells_of_another(letter, said):
        found.append(("words-of-a-refusal", 2))
    return found


def _tells_of_another(letter: Letter, said: str) -> bool:
    """Whether a mail system says, in words that servers or one of the languages use, that an
    address is unknown, full, shut or waited for: one that is not its reader's own."""
    if not _others(letter, said):
        return False
    rule = shipped_rules().general(plain(said), "", "", weak=False)
    if rule is not None:
        return rule.kind is not Kind.SOFT
    told = said_in_words(said)
    return keeps_trying(said) or (told is not None and told.kind is not Kind.SOFT and told.strong)


def _warns_its_reader(letter: Letter, said: str) -> bool:
    """Whether the mailbox that is said to be full is the reader's own."""
    if _others(letter, said) or "@" not in said:
        return False
    told = said_in_words(said)
    return told is not None and told.kind is Kind.QUOTA


def _others(letter: Letter, said: str) -> set[str]:
    """The addresses that are spoken of, but for the reporter's and the reader's."""
    ours = [letter.from_address, *addresses_in(text_of(letter.fields, "to")[:4000])]
    found = {one.lower() for one in addresses_in(said[:LONGEST])}
    return found - {one.lower() for one in ours}
