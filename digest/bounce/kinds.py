"""What a refusal says about the recipient: by a provider's own words, by words that all use, by
the enhanced status code (RFC 3463), by the code of the reply (RFC 5321), in this order."""

import re
from dataclasses import dataclass

from digest.bounce.languages import kind_by_concepts, said_in_words
from digest.bounce.rules import ASK, CODE, LONGEST, STATUS, plain, shipped_rules
from digest.bounce.values import Kind

_SAYS_NOTHING = re.compile(r"[45]\.(?:0\.\d+|7\.[01]|1\.0|2\.0|3\.0|4\.0|5\.\d+|6\.0)\Z")
"""Codes for "something else", and those that are used for anything."""

_AFTER_RCPT = re.compile(r"(?i)(?:reply to|after|response to|stage:?|>>>|command:?) {0,3}rcpt\b")
_BEFORE_RCPT = re.compile(
    r"(?i)(?:reply to|after|response to|stage:?|>>>|command:?) {0,3}(?:mail|helo|ehlo)\b"
    r"|\b(?:my name|sender) was rejected"
)
_AFTER_DATA = re.compile(
    r"(?i)(?:reply to|after|response to|stage:?) {0,3}(?:the )?(?:end of )?"
    r"(?:data|message body|content|message transmission|sending the message)\b"
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a refusal means, and the names of what says so."""

    kind: Kind
    why: tuple[str, ...]
    lasting: bool = False


def kind_of(status: str | None, diagnostic: str) -> Kind:
    """What a status code and the words with it mean together."""
    return meaning_of(status, diagnostic).kind


def meaning_of(status: str | None, diagnostic: str, more: str = "", told: str = "") -> Meaning:
    """The same with its reasons; `more` is asked where the rest says nothing. `told` are all of
    the reporter's words: after which command the reply came."""
    code = reply_code(diagnostic)
    status = status or (f"{code[0]}.0.0" if code else "")
    temporary = status.startswith("4")
    vague = not status or _SAYS_NOTHING.match(status) is not None
    found = _by_words(diagnostic, status, code, weak=vague)
    if found is None and not vague:
        found = _by_status(status)
    if found is None and more:
        found = _by_words(more, status, code, weak=True)
    if found is None and vague:
        found = _by_status(status)
    if found is None and told:
        found = _by_words(told, status, code, weak=False)
    place = f"{diagnostic}\n{told or more}"[:LONGEST]
    if found is None:
        found = _by_place(code, place)
    if found.kind is Kind.HARD and _is_about_sender(place):
        return Meaning(Kind.POLICY, found.why)
    if temporary and found.kind is Kind.HARD and not found.lasting:
        return Meaning(Kind.SOFT, found.why)
    return found


def _by_words(text: str, status: str, code: str, *, weak: bool) -> Meaning | None:
    """A provider's words, then those of a language where several say it, then general ones."""
    if not text:
        return None
    rules, words = shipped_rules(), plain(text)
    said = said_in_words(text) if weak and _is_told(words) else None
    told = Meaning(said.kind, (f"words-{said.language}",)) if said else None
    rule = rules.of_provider(words, status, code, weak=weak)
    if rule is None and said is not None and (said.strong or not text.isascii()):
        # A single word such as "later" stands in refusals of all kinds, whose other words say more.
        rule = rules.general(words, status, code, weak=False)
        if rule is None or (said.strong and not rule.sure):
            return told
    rule = rule or rules.general(words, status, code, weak=weak)
    if rule is None:
        return told
    return Meaning(rule.kind, (rule.name, ASK) if rule.ask else (rule.name,), rule.lasting)


def _by_place(code: str, told: str) -> Meaning:
    """A bare reply: RFC 5321 §4.2.3 knows what it can be about after RCPT, and after the content
    had been seen it is about that. Without a code single words have to do."""
    if code in ("550", "551", "553") and _AFTER_RCPT.search(told):
        return Meaning(Kind.HARD, (f"{code}-after-rcpt",))
    if code in ("550", "552", "554") and _AFTER_DATA.search(told):
        return Meaning(Kind.POLICY if code == "552" else Kind.BLOCKED, (f"{code}-after-data",))
    if code in shipped_rules().codes:
        return Meaning(shipped_rules().codes[code], ())
    kind = kind_by_concepts(told) if not code else None
    return Meaning(kind, ("words-alone",)) if kind else Meaning(Kind.SOFT, ())


def _is_about_sender(told: str) -> bool:
    """Whether the reply came before any recipient was named: what is unknown there is ours."""
    return _BEFORE_RCPT.search(told) is not None and _AFTER_RCPT.search(told) is None


def _is_told(words: str) -> bool:
    """Whether a text is more than a code and a word or two."""
    return len(words) > 12 or not words.isascii()


def _by_status(status: str) -> Meaning | None:
    """The longest entry that the code begins with; "*" stands for its class."""
    codes = shipped_rules().codes
    _, _, rest = status.partition(".")
    subject, _, _ = rest.partition(".")
    for key in (status, f"*.{rest}", f"*.{subject}"):
        if key in codes:
            return Meaning(codes[key], (f"status-{status}",))
    return None


def reply_code(text: str) -> str:
    """The first SMTP reply code in a refusal, or ""."""
    found = CODE.search(text[:2000])
    return found[1] if found else ""


def status_of(field: str, diagnostic: str) -> str | None:
    """The most telling status code: a general one gives way to the diagnostic's own. None where
    there is but a reply's code, which says nothing of what RFC 3463 tells apart."""
    own = next((found for found in STATUS.finditer(field[:1000]) if found[1] != "2"), None)
    own = own or STATUS.search(field[:1000])
    said = next((found for found in STATUS.finditer(diagnostic[:4000]) if found[1] != "2"), None)
    if own is not None and (own[2], own[3]) != ("0", "0"):
        return own[0]
    found = said or own
    return found[0] if found is not None else None
