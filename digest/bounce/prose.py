"""Reports for people: the failed address, the remote's words, and the message that came back."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.bounce.letter import MESSAGE_ID, addresses_in
from digest.bounce.rules import CODE, STATUS
from digest.bounce.signs import report_signs

_LONGEST = 60_000
_LOOKED_AHEAD = 3000
_MOST_CANDIDATES = 60
_SHORTEST = 12
_GOES_ON = (":", "：", ",", "，", "、", "،")
_AT_LINE_START = re.compile(
    r"(?m)^[ \t]{0,8}<([^<>\s]{3,320}@[^<>\s]{1,255})>[ \t]*(?::|\.\.\.|\()"
)
_ALONE = re.compile(
    r"(?m)^[ \t\u3000]{0,20}[<\"']?([^\s<>\"',;:]{1,200}@[^\s<>\"',;:/]{1,255}?)[>\"']?"
    r"[ \t]*(?:[:：,(].{0,300})?$"
)
_OWN_ID = re.compile(
    r"(?im)^[ \t>|*•·\-]{0,10}message-id[ \t]*:\s{0,3}[ \t>|*]{0,10}"
    r"(<[^<>\s]{1,900}>|[^<>\s]{1,900}@[^<>\s]{1,255})"
)
_ANY_ID = re.compile(
    r"(?i)message-?\s?id[ \t]{0,3}[:：=]?[\s>|*]{0,10}(<[^<>\s@]{1,500}@[^<>\s]{1,255}>)"
)
# As JSON and its kin have it, also where it was cut off or is no JSON at all.
_KEYED_ID = re.compile(
    r"(?i)[\"'](?:[\w.\-]{0,30}[-_.])?(?:message[-_ ]?id|msg[-_]?id|smtp[-_]?id)[\"']"
    r"\s{0,5}[:=]\s{0,5}[\"'](?:<|&lt;|\\u003c)?([^\s\"'<>&\\@]{1,500}@[^\s\"'<>&\\]{1,255})"
)
_TO = re.compile(r"(?im)^[ \t>|*]{0,10}to[ \t]*:[ \t]{0,3}([^\n]{3,1000})")
_FROM = re.compile(r"(?im)^[ \t>|*]{0,10}(?:from|return-path)[ \t]*:[ \t]{0,3}([^\n]{3,1000})")
# In front of words that end with their code in brackets, as qmail writes them.
_WORDS_BEGIN = re.compile(r"\n[ \t]*\n\s*|[>:：][ \t]*\n\s*|>[ \t]*:\s+")
_SUMMARY = re.compile(r"[45]\d\d (?:[45]\.\d{1,3}\.\d{1,3} )?<[^<>\s]{3,320}>\.\.\. ")
_PROGRAM = re.compile(r"[\w./-]{2,60}: [^\n]{3,500}\n")
_CODE_IN_BRACKETS = re.compile(r"[\d.]{3,12}[)\]]")
_ONLY_FIELDS = re.compile(r"\s*(?:[A-Za-z-]{2,20}[ \t]*:[^\n]{0,300}(?:\n\s*|\Z))+")
_BEHIND_ADDRESS = " \t\n>\"'”»):：,;."
_BLANK = re.compile(r"\n[ \t\u3000]*\n")
_END = re.compile(
    r"\(in\s+reply\s+to|\s##|\n-{3,}|\n[ \t]*(?:-->|>>>)|\nGiving up|\n\s*I'm not going"
)
_MACHINES = frozenset(
    [
        "postmaster",
        "mailer-daemon",
        "mailerdaemon",
        "abuse",
        "tosa",
        "noreply",
        "no-reply",
        "support",
        "helpdesk",
    ]
)


@dataclass(frozen=True, slots=True)
class Prose:
    """A report's text: what the reporter wrote, and what it returned ("" where nothing)."""

    said: str
    returned: str

    @property
    def reporter(self) -> str:
        """How the reporter names itself, or ""."""
        for pattern in report_signs().reporter:
            if found := pattern.search(self.said[:_LONGEST]):
                return found[1].strip("<>.,;")[:255]
        return ""

    @property
    def message_id(self) -> str | None:
        """The Message-ID among the returned header fields, brackets included."""
        for text in (self.returned, self.said):
            if found := _OWN_ID.search(text[:_LONGEST]):
                return found[1] if found[1].startswith("<") else f"<{found[1]}>"
        both = f"{self.returned[:_LONGEST]}\n{self.said[:_LONGEST]}"
        found = _ANY_ID.search(both) or report_signs().message_id.search(self.said[:_LONGEST])
        if found is not None:
            return found[1]
        keyed = _KEYED_ID.search(both)
        return f"<{keyed[1]}>" if keyed else None

    @property
    def to(self) -> tuple[str, ...]:
        """To whom the returned message was written."""
        return tuple(_addresses(_TO, self.returned))

    @property
    def authors(self) -> tuple[str, ...]:
        """Who wrote it."""
        return tuple(_addresses(_FROM, self.returned))


def read_prose(text: str) -> Prose:
    """Tell a reporter's words from what it returned."""
    text = text[:_LONGEST]
    found = report_signs().original.search(text, min(40, len(text)))
    at = found.start() if found else len(text)
    return Prose(text[:at], text[at:])


def failed_recipient(said: str, wrote_to: Iterable[str], ours: Iterable[str]) -> str | None:
    """The address that a report speaks of. `wrote_to` are the returned message's recipients, of
    whom it is one unless something was forwarded; `ours` are never it."""
    not_these = {one.lower() for one in ours}
    found = [one for one in _candidates(said) if may_fail(one, not_these)]
    known = {one.lower(): one for one in wrote_to}
    for one in found:
        if one.lower() in known:
            return one
    if found:
        return found[0]
    if len(known) == 1:
        return next(iter(known.values()))
    return next((one for one in _at_line_start(said) if may_fail(one, set())), None)


def _candidates(said: str) -> Iterator[str]:
    """Addresses, the likeliest first: before a colon, behind a label, alone, anywhere."""
    yield from _at_line_start(said)
    for label in _some(report_signs().recipient, said):
        behind = said[label.end() : label.end() + 400].lstrip().partition("\n\n")[0]
        yield from addresses_in(behind[:320])[:1]
    for match in _some(_ALONE, said):
        yield from addresses_in(match[1])[:1]
    yield from addresses_in(said)[:_MOST_CANDIDATES]


def _at_line_start(said: str) -> Iterator[str]:
    for match in _some(_AT_LINE_START, said):
        yield from addresses_in(match[1])[:1]


def _some(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    for number, match in enumerate(pattern.finditer(text)):
        if number >= _MOST_CANDIDATES:
            return
        yield match


def may_fail(address: str, ours: set[str]) -> bool:
    """Whether an address can be a recipient: not one of `ours`, nor a mail system's own."""
    local, _, domain = address.lower().rpartition("@")
    if local.startswith("microsoftexchange") or "." not in domain.strip("."):
        return False
    return local not in _MACHINES and address.lower() not in ours


def refusal(said: str, recipient: str | None) -> str:
    """The remote's words on one line: from a reply's code to the end of its passage, near the
    recipient if the reporter names one; without a code the passage around the recipient."""
    start = max(0, said.lower().find(recipient.lower())) if recipient else 0
    for begin in dict.fromkeys((start, 0)):
        if (at := _code_in(said, begin)) is not None:
            return _one_line(_passage(said, _words_of(said, begin, at)))
    return _one_line(_around(said, start, recipient)) if recipient else ""


def _code_in(said: str, start: int) -> int | None:
    """Where a reply begins; a last reply among several `<<<` lines says as much as the first."""
    window = said[start : start + _LOOKED_AHEAD]
    found = [one for one in (CODE.search(window), STATUS.search(window)) if one is not None]
    return start + min(one.start() for one in found) if found else None


def _words_of(said: str, begin: int, at: int) -> int:
    """Where the words of the code at `at` begin: there, unless it ends them in brackets or only
    sums up what a program said."""
    if _SUMMARY.match(said, at) is not None:
        return _program_above(said, at)
    if _CODE_IN_BRACKETS.match(said, at) is None or not said[:at].rstrip("# ").endswith(("(", "[")):
        return at
    begin = max(begin, at - 500)
    ends = [found.end() for found in _WORDS_BEGIN.finditer(said, begin, at)]
    return ends[-1] if ends else begin


def _program_above(said: str, at: int) -> int:
    """Where the line above begins, if a program on Sendmail's machine gave its reason there."""
    line = said.rfind("\n", 0, at) + 1
    above = said.rfind("\n", 0, max(line - 1, 0)) + 1
    return above if _PROGRAM.match(said, above, line) else at


def _passage(said: str, at: int) -> str:
    rest = said[at : at + 1500]
    ends = [one.start() for one in (_BLANK.search(rest), _END.search(rest)) if one is not None]
    return rest[: min(ends)] if ends else rest


def _around(said: str, start: int, recipient: str) -> str:
    """What follows the recipient, to the end of the first passage that says something; where
    nothing does, the passage in front."""
    rest = said[start : start + 1500]
    if rest.lower().startswith(recipient.lower()):
        rest = rest[len(recipient) :].lstrip(_BEHIND_ADDRESS)
    words, passages = "", _BLANK.split(rest.rstrip(), 4)[:4]
    for passage in (
        passages[1:] if _ONLY_FIELDS.fullmatch(passages[0]) and passages[1:] else passages
    ):
        words = f"{words}\n{passage.strip()}".strip()
        if _says_something(words):
            break
    return words or _BLANK.split(said[max(0, start - 500) : start].rstrip())[-1]


def _says_something(words: str) -> bool:
    """Whether words are more than what stands before others: a label, a greeting, a name."""
    bare = MESSAGE_ID.sub("", words)
    for address in addresses_in(words[:200]):
        bare = bare.replace(address, "")
    return len(bare) > _SHORTEST and not words.endswith(_GOES_ON)


def _addresses(pattern: re.Pattern[str], text: str) -> list[str]:
    found = pattern.search(text[:_LONGEST])
    return addresses_in(found[1])[:_MOST_CANDIDATES] if found else []


def _one_line(text: str) -> str:
    line = " ".join(text.split())[:1000]
    return line if any(map(str.isalnum, line)) else ""


def last_message_id(value: str) -> str | None:
    """The last Message-ID of References, the only one of In-Reply-To."""
    found = MESSAGE_ID.findall(value[:20_000])
    return found[-1] if found else None
