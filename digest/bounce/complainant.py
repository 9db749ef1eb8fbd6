"""Who complained, where only words tell it: abuse desks, hosters and providers write letters.

They name the recipient behind a label, in a header that they quote, or within a sentence. What
they hide stays hidden: a label with asterisks behind it means that nobody is to know.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from digest.bounce.letter import Letter, addresses_in, text_of
from digest.bounce.prose import Prose, may_fail
from digest.bounce.signs import complaint_signs

_LONGEST = 20_000
_MOST = 40
_SHORT = 3
_OURS = ("to", "cc", "reply-to", "sender", "delivered-to", "x-original-to")
_BEHIND = re.compile(
    r"[^\n:：=|\t@<>.!?。！？,，;；]{0,40}[:：=|\t][ \t\u3000]{0,20}"
    r"(?:\n[ \t>|*]{0,10})?([^\n]{0,300})"
    r"|\w{0,3}[ \t\u3000\"'(<（„“«]{0,6}([^\s@]{1,200}@[^\s@]{1,255})"
)
_BEFORE = 40
_MASKED = re.compile(r"\*|xxxx|…|\.\.|•")


def who_complained(letter: Letter, prose: Prose, *, guess: bool) -> str | None:
    """The address of who did not want our mail, or None. With `guess` a lone address that is
    neither ours nor the writer's will do, whatever stands around it."""
    ours = _ours(letter, prose)
    text, is_hidden = f"{prose.said}\n{prose.returned}"[:_LONGEST], False
    for value, not_within in _labelled(text, letter.from_address):
        found = addresses_in(value)
        if found and not any(map(is_hidden_address, found)):
            others = [one for one in dict.fromkeys(found) if _may_complain(one, ours)]
            if others and not any(_is_within(one, not_within) for one in others):
                return others[0] if len(others) == 1 else None
        else:
            is_hidden = is_hidden or bool(_MASKED.search(value)) or _is_redaction(value)
    return _lone(prose.said, ours) if guess and not is_hidden else None


def is_hidden_address(address: str) -> bool:
    """Whether something in the form of an address is what a reporter put instead of one."""
    local, _, domain = address.lower().rpartition("@")
    if domain.endswith(".invalid") or not local.strip("x.-_") or _MASKED.search(address.lower()):
        return True
    return _is_redaction(local) or _is_redaction(domain)


def _is_redaction(text: str) -> bool:
    return text.lower().lstrip("[(<\"' ").startswith(complaint_signs().redacted)


def _labelled(text: str, writer: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What stands behind a label, and domains that it cannot be of; a recipient's own before
    whoever else is said to complain, and before what may be the writer's signature."""
    signs, own = complaint_signs(), (writer.rpartition("@")[2].lower(),)
    for labels, but in ((signs.recipients, ()), (signs.complainants, ()), (signs.addresses, own)):
        for label in islice(_label(labels).finditer(text), _MOST):
            behind = _BEHIND.match(text, label.end(), label.end() + 600)
            if behind is not None:
                yield behind[1] or behind[2] or "", but


@cache
def _label(labels: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the labels as a whole word; a very short one only where a line begins."""
    short = "|".join(re.escape(one) for one in labels if len(one) <= _SHORT and one.isalpha())
    longer = "|".join(
        rf"\b{re.escape(one)}" if one[0] < "\u2e80" else re.escape(one)
        for one in sorted(labels, key=len, reverse=True)
        if len(one) > _SHORT or one[0] >= "\u2e80"
    )
    begins = rf"^[ \t>|*•·\-]{{0,10}}(?:{short})(?=[ \t]{{0,3}}[:：])|" if short else ""
    return re.compile(rf"(?im){begins}(?:{longer})")


def _lone(said: str, ours: set[str]) -> str | None:
    """The only address of a stranger in a text, unless it is said to have sent the mail: a
    writer's colleagues are none, nor are ours."""
    domains = tuple(one.rpartition("@")[2] for one in ours)
    found = {one.lower(): one for one in addresses_in(said[:_LONGEST])[:_MOST]}
    strangers = [
        one for one in found.values() if _may_complain(one, ours) and not _is_within(one, domains)
    ]
    if len(strangers) != 1 or is_hidden_address(strangers[0]):
        return None
    before = said[: said.find(strangers[0])][-_BEFORE:].rpartition("\n")[2]
    return None if complaint_signs().senders.search(before) else strangers[0]


def _is_within(address: str, others: Iterable[str]) -> bool:
    domain = address.rpartition("@")[2].lower()
    return any(domain == one or domain.endswith(f".{one}") for one in others if one)


def _may_complain(address: str, ours: set[str]) -> bool:
    return may_fail(address, ours) and complaint_signs().desks.match(address) is None


def _ours(letter: Letter, prose: Prose) -> set[str]:
    """Who wrote this letter, who got it, and who wrote what it is about, in lower case."""
    named: Iterable[str] = (text_of(letter.fields, name)[:4000] for name in _OURS)
    found = [letter.from_address, *prose.authors]
    found += [one for text in named for one in addresses_in(text)]
    return {one.lower() for one in found if one}
