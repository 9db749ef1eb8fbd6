"""What this person wrote: a text without quotations, forwarded messages, signature and notices.

Lines are looked at once, from the top. Quoted lines go wherever they stand, so that answers
between them stay; a message that a program put below ends the text, unless its lines are marked.
Then each stretch of own words loses what stands below them. Where nothing is quoted and nothing is
signed, the text stays as it is. Who says to have answered within the letter below, or answers it
with nothing above, keeps it: what is quoted too much costs less than a lost answer. Where a page
shows the answers by their colour, only they are kept.
"""

import re
from dataclasses import dataclass, field

from digest.page import sanitise
from digest.plain import text_of
from digest.written.attribution import read_attribution
from digest.written.block import label_of, read_block
from digest.written.colour import (
    BOLD,
    Coloured,
    coloured_lines,
    may_be_coloured,
    with_colours,
)
from digest.written.footer import banner_lines, device_lines, without_footer
from digest.written.inline import Below, answers_below
from digest.written.lines import LONGEST_LINE, Lines, is_drawn, lines_of
from digest.written.page import MARKS, Mark, unmarked
from digest.written.separator import Above, separator
from digest.written.sheet import with_class_colours
from digest.written.signature import without_signature

_LOOKED_AT = 2500
"""Lines in which another message is looked for; quoted lines are found in all."""
_BREAKS_AT = 60
"""Characters after which quoted lines are broken by those who wrap them once more."""
_INITIALS = re.compile(r"[^\W\d_]{1,4}>")
_QUOTED_HEAD_LINES = 12
_GREETING = re.compile(r"[^\n.!?。！？]{2,40}[,，、:：]")
"""A line above a letter that says nothing but to whom."""
_MOST_COLOURED = 0.7
"""The share of a letter that answers within it may have."""


def reply_text(
    text: str, author: str = "", *, is_answer: bool = False, page: str | None = None
) -> str:
    """`text` without what is quoted and without what is under it. Never raises.

    It may hold the marks of `page.marked`; they are not in the result. `author` is the name and
    address in From, as far as they are known. `is_answer`: the subject says that a letter of ours
    is answered. `page` is the same message's HTML, which is asked for colours where answers stand
    within the letter.
    """
    walk = _walk(text, author, is_answer=is_answer)
    written = walk.run()
    if walk.below is None or page is None:
        return written
    answers = _by_colour(page, author, is_answer=is_answer)
    if not answers:
        return written
    walk.stretches = walk.stretches[: walk.within]
    return unmarked("\n".join(filter(None, (walk.text(), *answers))))


def _walk(text: str, author: str, *, is_answer: bool) -> "_Walk":
    is_marked = any(mark in text for mark in MARKS)
    return _Walk(lines_of(text), author, is_marked=is_marked, is_answer=is_answer)


def _by_colour(page: str, author: str, *, is_answer: bool) -> list[str]:
    """The answers, as far as the page's colours tell them from the letter that they stand in."""
    harmless = sanitise(with_class_colours(page), {})
    if harmless is None or not may_be_coloured(harmless):
        return []
    found = coloured_lines(text_of(with_colours(harmless)))
    walk = _walk(found.text, author, is_answer=is_answer)
    walk.run()
    return [] if walk.below is None else _answers(found, walk, walk.below)


def _answers(found: Coloured, walk: "_Walk", below: Below) -> list[str]:
    """The words within the letter in the answers' colours: those that the writer has above, or
    any, where he says so. Most of a letter is no answer."""
    own = {one for number in _numbers(walk, above=True) for _, one in found.runs[number]}
    own -= {"", BOLD}
    if below.by_colour or below.by_bold:
        own = set()
    chosen, length, whole = [], 0, 0
    for number in _numbers(walk, above=False):
        words = [(said, one) for said, one in found.runs[number]]
        told = [said.strip() for said, one in words if _is_an_answer(one, own, below)]
        chosen += [" ".join(told)] if told else []
        length += sum(map(len, told))
        whole += sum(len(said.strip()) for said, _ in words)
    return chosen if 0 < length <= _MOST_COLOURED * whole else []


def _numbers(walk: "_Walk", *, above: bool) -> list[int]:
    stretches = walk.stretches[: walk.within] if above else walk.stretches[walk.within :]
    return [number for stretch in stretches for number in stretch]


def _is_an_answer(colour: str, own: set[str], below: Below) -> bool:
    if not colour:
        return False
    if colour == BOLD:
        return below.by_bold
    return colour in own or below.by_colour


@dataclass(slots=True)
class _Walk:
    """One text on its way; `kept` are the numbers of the lines of the stretch that is read."""

    lines: Lines
    author: str = ""
    is_marked: bool = False
    kept: list[int] = field(default_factory=list)
    stretches: list[list[int]] = field(default_factory=list)
    quoted_before: bool = False
    is_answer: bool = False
    below: Below | None = None
    """What was said above of answers in the letter below, once that was asked and found."""
    within: int | None = None
    """The first stretch that is within that letter."""

    def run(self) -> str:
        at, bare = 0, self.lines.bare
        banners = banner_lines(bare)
        while at < len(bare):
            if at in banners:
                at += 1
                continue
            after = self._quotation(at)
            if after == at:
                self.kept.append(at)
                at += 1
                continue
            self._close()
            self.quoted_before = True
            at = after
        self._close()
        return self.text()

    def _quotation(self, at: int) -> int:
        """The line after what somebody else's words take from here; `at` for none."""
        line = self.lines.bare[at]
        if not line:
            return at
        if line[0] == ">" and not self._is_between_arrows(at):
            return self._quoted_head(at) or at + 1
        if self.quoted_before and self._is_quoted_oddly(at):
            return at + 1
        if self.is_marked and not MARKS.isdisjoint(line):
            return self._marked(at)
        if len(line) > 4 * LONGEST_LINE or at >= _LOOKED_AT:
            return at
        above = separator(line)
        if above is not None:
            return self._below(at + 1, is_forward=above is Above.FORWARDED)
        if ":" in line or "：" in line or "|" in line:
            block = read_block(self.lines, at)
            if block is not None:
                return self._below(block.end)
        attribution = read_attribution(self.lines, at)
        if attribution is None:
            return at
        while self.kept and self.kept[-1] >= attribution.start:
            self.kept.pop()
        if attribution.own:
            self.lines.whole[at] = self.lines.bare[at] = attribution.own
            self.kept.append(at)
        after = self._below(attribution.end, is_line=True)
        return attribution.end if self._is_all_quoted(after) else after

    def _is_all_quoted(self, after: int) -> bool:
        """Whether nothing but the words of somebody else would be there, and they are not marked:
        systems for tickets begin so and put what was written below."""
        said = self.quoted_before or any(self.lines.bare[one] for one in self.kept)
        return after == len(self.lines.bare) and not said

    def _quoted_head(self, at: int) -> int | None:
        """The end, if a program marked the header lines above another message and no more."""
        first = self.lines.bare[at].lstrip("> ")
        if (at and self.lines.is_quoted(at - 1)) or separator(first) is None:
            return None
        bare = [line.lstrip("> ") for line in self.lines.bare[at : at + _QUOTED_HEAD_LINES]]
        end = at + 1
        while self.lines.is_quoted(end) and end - at < len(bare) and label_of(bare[end - at])[0]:
            end += 1
        if self.lines.is_quoted(end) or end < at + 3:
            return None
        return self._below(end)

    def _below(self, at: int, *, is_line: bool = False, is_forward: bool = False) -> int:
        """Where own words may go on below a line that announces another message."""
        following = self.lines.after_empty(at)
        if not is_line and following < len(self.lines.bare):
            block = read_block(self.lines, following, trusted=True)
            following = self.lines.after_empty(block.end) if block else following
        if self.lines.is_quoted(following):
            return following
        is_answered = not is_forward and self._is_answered_within()
        return following if is_answered else len(self.lines.bare)

    def _is_answered_within(self) -> bool:
        """Whether answers stand in the letter that begins here; an older one below it has none."""
        if self.within is not None:
            return False
        said = [self._own(one, said_before=False) for one in (*self.stretches, self.kept) if one]
        lines = [line for line in "\n".join(said).split("\n") if not is_drawn(line.strip())]
        above = "\n".join(lines).strip()
        if not above or _GREETING.fullmatch(above):
            self.below = Below() if self.is_answer and not self.quoted_before else None
        else:
            self.below = answers_below(above, is_answer=self.is_answer)
        if self.below is None:
            return False
        self.within = len(self.stretches) + bool(self.kept)
        return True

    def _is_quoted_oddly(self, at: int) -> bool:
        """Initials before the mark, or the rest of a quoted line that was broken in two."""
        line = self.lines.bare[at]
        if _INITIALS.match(line):
            return True
        above = self.lines.bare[at - 1] if at else ""
        if not (above.startswith(">") and self.lines.is_quoted(at + 1)):
            return False
        if line[0] == "(" and line.endswith(") >"):  # a link that was set on a line of its own
            return True
        if " " not in line and line[-1] == ")" and above.count("(") > above.count(")"):
            return True
        return len(above) >= _BREAKS_AT and line[0].islower()

    def _marked(self, at: int) -> int:
        """What the page's structure said; see `page.marked`."""
        line = self.lines.bare[at]
        mark = next(letter for letter in line if letter in MARKS)
        if mark == Mark.END and not self._is_answered_within():
            return len(self.lines.bare)
        if mark == Mark.UNTIL_QUOTE:
            return self._next_quoted(at)
        if mark in (Mark.CLOSED, Mark.SIGNED):
            return at if line.strip("".join(MARKS)) else at + 1
        if mark == Mark.END or (mark == Mark.CONTAINER and self._is_answered_within()):
            return self._into(at)
        return self._past(at)

    def _into(self, at: int) -> int:
        """The line below the header of a letter that has answers within it."""
        for lines in (self.lines.bare, self.lines.whole):
            lines[at] = unmarked(lines[at]).strip()
        following = self.lines.after_empty(at)
        block = (
            read_block(self.lines, following, trusted=True)
            if following < len(self.lines.bare)
            else None
        )
        return self.lines.after_empty(block.end) if block else max(following, at)

    def _is_between_arrows(self, at: int) -> bool:
        """Whether ">>> our site <<<" stands here, as advertisements have it."""
        line = self.lines.bare[at]
        if not (line.startswith(">>") and line.endswith("<<") and line.strip("<> ")):
            return False
        return not (self.quoted_before or self.lines.is_quoted(at + 1))

    def _next_quoted(self, at: int) -> int:
        for number in range(at + 1, len(self.lines.bare)):
            if self.lines.bare[number].startswith(">"):
                return number
        return len(self.lines.bare)

    def _past(self, at: int) -> int:
        """The line where the marked container ends."""
        opened = 0
        for number in range(at, len(self.lines.bare)):
            for letter in self.lines.bare[number]:
                opened += (letter in (Mark.CONTAINER, Mark.SIGNATURE)) - (
                    letter in (Mark.CLOSED, Mark.SIGNED)
                )
            if opened <= 0:
                return number + 1
        return len(self.lines.bare)

    def _close(self) -> None:
        """A stretch of own words ends here; rules drawn above what comes next go with that."""
        if self.kept:
            self.stretches.append(self.kept)
            self.kept = []

    def text(self) -> str:
        """What the stretches say, without signatures and notices."""
        pieces: list[str] = []
        for number, stretch in enumerate(self.stretches):
            if self.within is not None and number >= self.within:
                piece = unmarked("\n".join(self.lines.whole[one] for one in stretch)).strip("\n")
            else:
                piece = self._own(stretch, said_before=bool(pieces))
            pieces += [piece] if piece.strip() else []
        return "\n".join(pieces).strip("\n ")

    def _own(self, stretch: list[int], *, said_before: bool) -> str:
        """A stretch's own words; what is drawn below them belongs to the quotation."""
        if self.quoted_before:
            while stretch and self._says_nothing(stretch[-1]):
                stretch = stretch[:-1]
        bare = [self.lines.bare[one] for one in stretch]
        whole = [self.lines.whole[one] for one in stretch]
        end = without_footer(bare, said_before=said_before)
        devices = device_lines(bare[:end])
        whole = [line for at, line in enumerate(whole[:end]) if at not in devices]
        bare = [line for at, line in enumerate(bare[:end]) if at not in devices]
        end = without_signature(whole, bare, self.author, said_before=said_before)
        while end and not bare[end - 1]:
            end -= 1
        return "\n".join(whole[:end])

    def _says_nothing(self, at: int) -> bool:
        line = self.lines.bare[at]
        return not line or is_drawn(line)
