"""Marks in the source of HTML where mail programs say what is quoted, so that it shows in text.

Gmail, Outlook, QQ and others put a quotation or a signature into an element with a name of its
own. The sanitiser drops such names; so, before it, a character that no text has is written into
each of these elements, and `reply.reply_text` finds it in the page's text. Work grows with the
length and no faster; a page that has none of the names costs a search for each of them.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from digest.written.phrases import FOLDER, read_table
from mail.errors import SettingsProblem

_MOST_MARKS = 60
_LONGEST_TAG = 1500
_MOST_TAGS = 4000


class Mark(StrEnum):
    """Noncharacters (Unicode 16 §23.7), which mean nothing outside a program."""

    END = "\ufdd0"
    """Everything from here on is somebody else's."""
    UNTIL_QUOTE = "\ufdd1"
    """Words of a program, until quoted lines begin; to the end where none do."""
    CONTAINER = "\ufdd2"
    """Somebody else's words, until CLOSED."""
    CLOSED = "\ufdd3"
    SIGNATURE = "\ufdd4"
    """The signature, until SIGNED."""
    SIGNED = "\ufdd5"


MARKS = frozenset(mark.value for mark in Mark)
_ALL = "".join(MARKS)
_REMOVED = dict.fromkeys(map(ord, MARKS))
_CLOSING = {Mark.CONTAINER: Mark.CLOSED, Mark.SIGNATURE: Mark.SIGNED}


def marked(source: str) -> str:
    """`source` with a mark in each element whose name tells something; as it is without any."""
    if not MARKS.isdisjoint(source):
        source = source.translate(_REMOVED)
    signs = [sign for sign in _signs() if sign[0] in source]
    if not signs:
        return source
    inserts = sorted(set(_inserts(source, signs)))
    pieces, at = [], 0
    for position, mark in inserts:
        pieces += [source[at:position], mark]
        at = position
    pieces.append(source[at:])
    return "".join(pieces)


def unmarked(text: str) -> str:
    """`text` without marks, and without the lines that they alone made."""
    if MARKS.isdisjoint(text):
        return text
    lines: list[str] = []
    dropped = False
    for line in text.split("\n"):
        if line and not line.strip(_ALL):
            dropped = True
        elif line or not (dropped and lines and not lines[-1]):
            lines.append(line.translate(_REMOVED))
            dropped = False
    return "\n".join(lines)


def _inserts(source: str, signs: list[tuple[str, Mark]]) -> Iterator[tuple[int, str]]:
    for name, mark in signs:
        at = -1
        for _ in range(_MOST_MARKS):
            at = source.find(name, at + 1)
            if at < 0:
                break
            opened = source.rfind("<", max(0, at - _LONGEST_TAG), at + 1)
            closed = source.find(">", at, at + _LONGEST_TAG)
            if opened < 0 or closed < 0 or source.find(">", opened, at) >= 0:
                continue  # the name stands in the text, or in no tag at all
            yield closed + 1, mark.value
            if mark in _CLOSING:
                yield _end_of(source, opened, closed + 1), _CLOSING[mark].value


def _end_of(source: str, opened: int, at: int) -> int:
    """Where the element's closing tag begins, or the end of the page."""
    name = source[opened + 1 : opened + 20].split(None, 1)[0].rstrip(">").lower()
    lowered = source.lower() if not source.isascii() else source
    depth = 1
    for _ in range(_MOST_TAGS):
        start = lowered.find(name, at)
        if start < 0:
            break
        before = source[start - 1 : start], source[start - 2 : start]
        at = start + len(name)
        if before[1] == "</":
            depth -= 1
            if not depth:
                return start - 2
        elif before[0] == "<":
            depth += 1
    return len(source)


@lru_cache(maxsize=1)
def _signs() -> tuple[tuple[str, Mark], ...]:
    """What to look for in the source, and what it means."""
    table = read_table(FOLDER / "pages.toml")
    found = []
    for entry in table.tables("sign"):
        try:
            found.append((str(entry["find"]), Mark[str(entry["means"]).upper()]))
        except KeyError as error:
            raise SettingsProblem(f"{table.file}: a sign needs `find` and `means`") from error
    return tuple(found)
