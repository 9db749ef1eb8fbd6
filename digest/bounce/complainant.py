"""Who complained, where only words tell it: abuse desks, hosters and providers write letters.

They name the recipient behind a label, in a header that they quote, or within a sentence. What
they hide stays hidden: where asterisks stand in an address, no other is taken for it.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from digest.bounce.letter import Letter, addresses_in, text_of
from digest.bounce.prose import Prose, may_fail
from digest.bounce.signs import complaint_signs

_LONGEST = 20_000
_MOST = 40
_SHORT = 3
_BEFORE = 120
_NEAR = 40
_OURS = ("from", "to", "cc", "reply-to", "sender", "delivered-to", "x-original-to")
_LOCAL = re.compile(r"[^\s@,;:：，；、|=]{0,100}\Z")
_DOMAIN = re.compile(r"@[^\s,;:：，；、|]{1,255}")
_BETWEEN = re.compile(
    r"[^\n:：=|\t@.!?。！？,，;；]{0,40}[:：=|\t](?:[^\n@]{0,60}|[ \t]{0,20}\n[ \t>|*]{0,10})"
    r"|\w{0,3}[ \t\u3000\"'(<（„“«]{0,6}"
)
_FIELD = re.compile(r"[:：=|\t][^\n@]{0,60}\n?[ \t>|*]{0,10}\Z")
_LINE_BEGIN = re.compile(r"(?:\A|\n)[ \t>|*•·\-]{0,10}\Z")
_MASKED = re.compile(r"[*…•]|\.\.|xxxx")


def who_complained(letter: Letter, prose: Prose, *, guess: bool) -> str | None:
    """The address of who did not want our mail, or None. With `guess` a lone address that is
    neither ours nor the writer's will do, whatever stands around it."""
    ours, text = _ours(letter, prose), f"{prose.said}\n{prose.returned}"[:_LONGEST]
    best: tuple[int, list[str]] | None = None
    for start, end in _addresses(text):
        before = text[max(0, start - _BEFORE) : start].lower()
        rank = _rank(before)
        if rank is None or (best is not None and rank >= best[0]):
            continue
        is_field = _FIELD.search(before) is not None
        line = text[start : end + 300].partition("\n")[0] if is_field else text[start:end]
        named = [one for one in _people(line, ours) if _is_strange(one, rank, letter, ours)]
        if named:
            best = rank, named
    if best is not None:
        return best[1][0] if len(best[1]) == 1 else None
    return _lone(prose.said[:_LONGEST], ours) if guess else None


def _is_strange(address: str, rank: int, letter: Letter, ours: set[str]) -> bool:
    """Whether who is named can have complained: one of the writer's domain unless it stands where
    a signature would have it too, and nobody else of ours."""
    if _is_within(address, [letter.from_address]):
        return rank < len(_labels()) - 1
    return not _is_within(address, ours)


def is_hidden_address(address: str) -> bool:
    """Whether something in the form of an address is what a reporter put instead of one."""
    local, _, domain = address.lower().rpartition("@")
    if domain.endswith(".invalid") or not local.strip("x.-_") or _MASKED.search(address.lower()):
        return True
    return local.startswith(complaint_signs().redacted) or domain.startswith(
        complaint_signs().redacted
    )


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where words with an @ stand, hidden ones too."""
    for domain in islice(_DOMAIN.finditer(text), _MOST):
        local = _LOCAL.search(text, max(0, domain.start() - 100), domain.start())
        yield local.start() if local else domain.start(), domain.end()


def _labels() -> tuple[tuple[str, ...], ...]:
    """A recipient's own come before whoever else is said to complain, and before what may stand
    in the writer's signature."""
    signs = complaint_signs()
    return signs.recipients, signs.complainants, signs.addresses


def _rank(before: str) -> int | None:
    """Which of the lists of labels has one in front of an address."""
    for rank, labels in enumerate(_labels()):
        for label in labels:
            at = before.rfind(label)
            if at >= 0 and _is_label(before, at, label):
                return rank
    return None


def _is_label(before: str, at: int, label: str) -> bool:
    """Whether it is a whole word; a very short one counts only as a field that begins a line."""
    if not _BETWEEN.fullmatch(before, at + len(label)):
        return False
    if label[0] >= "\u2e80":
        return True
    if len(label) > _SHORT:
        return not before[at - 1 : at].isalnum()
    is_field = before[at + len(label) :].lstrip().startswith((":", "："))
    return is_field and _LINE_BEGIN.search(before, 0, at) is not None


def _people(line: str, ours: set[str]) -> list[str]:
    """The addresses of a line, in any case each once; none where one of them is hidden."""
    found = list({one.lower(): one for one in addresses_in(line)[:_MOST]}.values())
    if any(map(is_hidden_address, found)):
        return []
    return [one for one in found if _may_complain(one, ours)]


def _lone(said: str, ours: set[str]) -> str | None:
    """The only address of a stranger in a text, unless it is said to have sent the mail: a
    writer's colleagues are none, nor are ours."""
    if _hides_somebody(said):
        return None
    found = {one.lower(): one for one in addresses_in(said)[:_MOST]}
    strangers = [
        one for one in found.values() if _may_complain(one, ours) and not _is_within(one, ours)
    ]
    if len(strangers) != 1:
        return None
    before = said[: said.find(strangers[0])][-_NEAR:].rpartition("\n")[2]
    return None if complaint_signs().senders.search(before) else strangers[0]


def _hides_somebody(said: str) -> bool:
    if any(_MASKED.search(said, start, end) for start, end in _addresses(said)):
        return True
    spelled = said.lower()
    return any(f"{mark}{one}" in spelled for one in complaint_signs().redacted for mark in "[<(")


def _may_complain(address: str, ours: set[str]) -> bool:
    return may_fail(address, ours) and complaint_signs().desks.match(address) is None


def _is_within(address: str, others: Iterable[str]) -> bool:
    """Whether an address is of the domain of one of the others, or of one below it."""
    domain = address.rpartition("@")[2].lower()
    domains = {one.rpartition("@")[2].lower() for one in others}
    return any(domain == one or domain.endswith(f".{one}") for one in domains if one)


def _ours(letter: Letter, prose: Prose) -> set[str]:
    """Who wrote this letter, who got it, and who wrote what it is about, in lower case."""
    named = (text_of(letter.fields, name)[:4000] for name in _OURS)
    found = [letter.from_address, *prose.authors]
    found += [one for text in named for one in addresses_in(text)]
    return {one.lower() for one in found if one}
