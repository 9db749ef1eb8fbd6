"""What nobody wrote: notices of lawyers, virus scanners, telephones and mailing lists below a
text, and the warnings that a company's mail system puts above mail from outside."""

import re

from digest.written.lines import is_rule
from digest.written.phrases import fold, shipped_phrases

_EDGES = " \t*_-–—=|>[]【】()（）「」《》<\"'“”•·"
_CLAUSE = re.compile(r"[,;.]\s")
"""Where a device's name ends and something is told: "Sent from my desk, far from any phone"."""
_NOTICE = 1500
"""Characters below a notice's first words in which it must become legal."""
_LONGEST_DEVICE = 90
_LINK = re.compile(r"[<(]https?:[^\s<>()]{1,300}[>)]")
"""Where a page's link stood when it became text."""
_COLON = re.compile(r"\s?:\s?")
_NEAR_END = 25
_MOST_BELOW = 400
"""Lines from the end in which a notice can begin."""
_BANNER_LINES = 5
_NEAR_TOP = 12


def without_footer(bare: list[str], *, said_before: bool) -> int:
    """How many of these lines come before what programs and lawyers added.

    Where nobody said anything before (`said_before`: in the text above these lines), a notice is
    what the message is: mail systems write some that begin like lawyers' ones.
    """
    end = len(bare)
    for at in range(max(0, end - _MOST_BELOW), end):
        if bare[at] and _begins_footer(bare, at):
            return _above_rules(bare, at) if said_before or _said_before(bare, at) else end
    return end


def device_line(line: str) -> bool:
    """Whether a bare line is "Sent from my …" of some device or program."""
    if not line or len(line) > 4 * _LONGEST_DEVICE or line[-1] in "?？":
        return False
    if "http" in line:
        line = _LINK.sub("", line).replace("[", "").replace("]", "")
    folded = fold(line.strip(_EDGES))
    if len(folded) > _LONGEST_DEVICE:
        return False
    phrases = shipped_phrases()
    if not phrases.devices.begin(folded):
        return False
    named = _CLAUSE.split(folded, maxsplit=1)[0]
    return any(word in named for word in phrases.device_words)


def device_lines(bare: list[str]) -> set[int]:
    """The numbers of such lines that stand by themselves, near the end."""
    found: set[int] = set()
    for at in range(len(bare) - 1, max(-1, len(bare) - _NEAR_END), -1):
        if not device_line(bare[at]):
            continue
        below = bare[at + 1] if at + 1 < len(bare) else ""
        above = bare[at - 1] if at else ""
        if below and at + 1 not in found and not is_rule(below):
            continue
        if not above or is_rule(above) or device_line(above) or _is_last(bare, at):
            found.add(at)
    return found


def _is_last(bare: list[str], at: int) -> bool:
    """Whether nothing comes below: then the line need not stand apart from what is above."""
    return not any(bare[at + 1 :])


def banner_lines(bare: list[str]) -> set[int]:
    """The numbers of the lines at the top that are warnings about mail from outside."""
    found: set[int] = set()
    at = seen = 0
    while at < len(bare) and seen < _NEAR_TOP:
        line = bare[at]
        if not line or is_rule(line):
            found.update([at] if found else [])
            at += 1
            continue
        seen += 1
        if not _is_banner(line):
            break
        end = _end_of_passage(bare, at)
        found.update(range(at, end))
        at = end
    return found if any(line for line in bare[at:]) else set()


def _is_banner(line: str) -> bool:
    folded = fold(_COLON.sub(": ", line[:_LONGEST_DEVICE].strip(" \t*_|")))
    banners = shipped_phrases().banners
    return banners.begin(folded) or banners.begin(folded.strip(_EDGES + "!⚠️️:："))


def _end_of_passage(bare: list[str], at: int) -> int:
    """Where the warning ends: below a few lines if an empty one follows, else with its line."""
    if len(bare[at]) < 30 and bare[at][-1:] in "]】*":
        return at + 1
    for end in range(at + 1, min(len(bare), at + _BANNER_LINES + 1)):
        if not bare[end] or is_rule(bare[end]):
            return end
    return at + 1


def _begins_footer(bare: list[str], at: int) -> bool:
    line = bare[at]
    folded = fold(line.strip(_EDGES))
    if len(folded) < 3:
        return _names_list(bare, at)
    phrases = shipped_phrases()
    if folded[:3] not in phrases.footer_starts:
        return False
    if phrases.scanners.begin(folded) or phrases.lists.begin(folded):
        return True
    if phrases.appeals.begin(folded):
        return True
    if not phrases.disclaimers.begin(folded):
        return False
    below = fold(" ".join(bare[at : at + 30])[:_NOTICE])
    said = sum(word in below for word in phrases.legal_words)
    return said >= 2


def _names_list(bare: list[str], at: int) -> bool:
    """Mailman's footer: a line of underscores, then the list's name."""
    return (
        is_rule(bare[at])
        and len(bare[at]) >= 30
        and at + 1 < len(bare)
        and "mailing list" in fold(bare[at + 1])
    )


def _said_before(bare: list[str], at: int) -> bool:
    return any(line and not is_rule(line) for line in bare[:at])


def _above_rules(bare: list[str], at: int) -> int:
    while at and (not bare[at - 1] or is_rule(bare[at - 1])):
        at -= 1
    return at
