"""The mojibake doctor: which wrong reading a garbled text went through, proved by undoing it.

A repair is proven if the way back gives octets that are text in another charset, strictly, and
that text reads far more like a language than what stands there. Lines are judged each by itself,
so that a garbled quotation within a sound mail is repaired and the mail stays as it is. What is
right is never touched: a look at which characters a text has is enough to leave most text alone.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from digest.charset.effort import effort
from digest.mojibake.quality import quality, total_quality, usual_characters
from digest.mojibake.readings import LOST, RIGHT, WRONG, Reading, forward
from digest.mojibake.sequences import SOUND_SIGNS, Sequences, Undone, sequences

MOST = 100_000
"""Characters of a text that are repaired; the rest stays as it is."""

_MOST_LINES = 1000
"""Different lines of it."""

_ROUNDS = 4
_SAMPLE = 500
"""Characters of the doubtful lines by which a chain is chosen."""

_CERTAIN = 15
"""Octets in sequences that prove a wrong reading of UTF-8 for the whole text."""

_GLANCE = 250
"""Those by which one sees whether the text sounds at all."""

_GAIN = 0.4
"""By how much a text must at least read better if nothing but that proves the repair."""
_SURE = 0.5
"""What whole sequences of UTF-8 count beside that: they are no accident."""

_READABLE = 0.35
_ENOUGH = 4
_SOUND, _SOUND_WIDE = 0.4, 0.7
"""Text that reads worse is looked into; that of languages with thousands of characters, of which
the common ones are frequent, reads better than an alphabet can."""

# What a sequence may be in; the last octet of "à" may have become a space.
_RUN = re.compile("[^\x00-\x7f]{2,}|[a-z]Ã ")
_LATIN = frozenset(map(chr, range(0xA1, 0x100)))
_CYRILLIC = frozenset(map(chr, range(0x410, 0x430)))
_HALF_WIDTH = frozenset(map(chr, range(0xFF61, 0xFFA0)))
_BOXES = frozenset(map(chr, range(0x2500, 0x25A0)))
_THAI = frozenset(map(chr, range(0xE01, 0xE5C)))
_LETTERS = frozenset(map(chr, range(0x370, 0x700)))
_CONTROLS = frozenset(map(chr, range(0x80, 0xA0)))
# What hardly any sound text has, each with the characters without which one need not look.
_SUSPICIOUS = (
    (_LATIN, re.compile("[\xa1-\xff]{3}|[\xc0-\xff][\xa1-\xbf]|[\xa1-\xbf][\xc0-\xff]")),
    (_CYRILLIC, re.compile("[а-яё][А-ЯЁ]")),
    (_HALF_WIDTH, re.compile("[\uff61-\uff9f]{2}")),
    (_BOXES, re.compile("[\u2500-\u259f][^\\W\\d_]|[^\\W\\d_][\u2500-\u259f]")),
    (_THAI, re.compile("(?<![ก-๛])[ะ-ฺ็-๎]")),
    (_LETTERS, re.compile("[\u0621-\u06d3][؟،؛][\u0621-\u06d3]|[A-Za-z][\u0370-\u06ff]")),
    (_CONTROLS, re.compile("[\x80-\x9f]")),
)


@dataclass(frozen=True, slots=True)
class Repair:
    """The readable text, and by what chain of wrong readings it had come to what stood there."""

    text: str
    chain: str


@dataclass(frozen=True, slots=True)
class _Step:
    """One wrong reading undone: what is now in which line."""

    name: str
    lines: dict[int, str]
    lost: int
    proof: float


def mend(text: str) -> Repair | None:
    """The repaired text, or None where nothing is garbled or nothing can be proved.

    >>> mend("GrÃ¼ÃŸe").text
    'Grüße'
    """
    if text.isascii():
        return None
    lines = text[:MOST].split("\n")
    came = list(dict.fromkeys(line for line in lines if not line.isascii()))[:_MOST_LINES]
    now, steps = came.copy(), list[_Step]()
    for _ in range(_ROUNDS):
        step = _best(now)
        if step is None:
            break
        steps.append(step)
        for number, line in step.lines.items():
            now[number] = line
    if not steps:
        return None
    mended = dict(zip(came, now, strict=True))
    return Repair("\n".join(mended.get(line, line) for line in lines) + text[MOST:], _said(steps))


def told_together(chains: Iterable[str]) -> str | None:
    """The chains of a message's texts as one sentence; None for none. What is said of one text
    with its losses need not be said of another without."""
    several = list(dict.fromkeys(chains))
    kept = [
        chain
        for chain in several
        if not any(other != chain and other.startswith(chain) for other in several)
    ]
    return "; ".join(kept) or None


def _said(steps: list[_Step]) -> str:
    counts: dict[str, int] = {}
    for step in steps:
        counts[step.name] = counts.get(step.name, 0) + 1
    times = {1: "", 2: ", twice", 3: ", three times", 4: ", four times"}
    chain = "; ".join(name + times[count] for name, count in counts.items())
    lost = sum(step.lost for step in steps)
    if not lost:
        return chain
    return f"{chain}; {lost} character{'s were' if lost > 1 else ' was'} lost"


def _best(lines: list[str]) -> _Step | None:
    """The repair that explains most; None where nothing is proven."""
    budget, steps = effort(), list[_Step]()
    for one, doubtful in _doubtful(lines):
        budget.look_into(doubtful.values())
        step = _undone(one, lines, doubtful)
        steps += [step] if step is not None else []
    certain = max((step for step in steps if step.proof >= _CERTAIN), key=_proof, default=None)
    if certain is not None:
        return certain
    steps = [max(steps, key=_proof)] if steps else []
    odd = _odd_lines(lines)
    budget.look_into(odd.values(), slowly=True)
    several = (_utf_8_in(reading, odd) for reading in WRONG if not reading.single and odd)
    steps += [step for step in several if step is not None]
    other = _other_charsets(odd) if odd else None
    if other is not None:
        steps.append(other)
    return max(steps, key=lambda step: _gained(step, lines), default=None)


def _proof(step: _Step) -> float:
    return step.proof


def _gained(step: _Step, lines: list[str]) -> float:
    """How much better the text reads after a step, all lines that it changes together."""
    before = _sample(lines[number] for number in step.lines)
    after = _sample(step.lines.values())
    sure = _SURE if step.name.startswith("UTF-8") and not step.lost else 0.0
    return (quality(after) - quality(before) + sure) * math.sqrt(len(step.lines))


def _doubtful(lines: list[str]) -> Iterable[tuple[Sequences, dict[int, str]]]:
    """For each wrong reading of UTF-8 of which there is a trace, the lines that have more of it
    than of the letters that belong to the wrong charset."""
    joined = "\n".join(lines)
    runs = list(_RUN.finditer(joined))
    together = "\n".join(run[0] for run in runs)
    distinct = frozenset(together)
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    for one in sequences():
        # Those of DOS and Unix make frames of what is no letter; without them it is another's text.
        boxes = "─" in one.octets
        leads = distinct & one.leads
        if not leads or not (distinct & one.rest or "Ã" in leads):
            continue
        if (boxes and not distinct & _BOXES) or not one.whole.search(together):
            continue
        numbers = {
            bisect_right(starts, run.start()) - 1 for run in runs if one.whole.search(run[0])
        }
        found = {number: lines[number] for number in numbers if one.may_explain(lines[number])}
        if found:
            yield one, found


def _undone(one: Sequences, lines: list[str], doubtful: dict[int, str]) -> _Step | None:
    """The lines that one wrong reading of UTF-8 explains. If together they leave no doubt, less
    is enough for each of them."""
    undone = {number: one.undo(line) for number, line in doubtful.items()}
    proof = sum(found.proof for found in undone.values())
    stray = sum(found.stray for found in undone.values())
    certain = proof >= _CERTAIN and stray * 5 <= proof
    if certain:
        others = {
            number: one.undo(line) for number, line in enumerate(lines) if number not in undone
        }
        undone |= {number: found for number, found in others.items() if not found.stray}
    kept = {
        number: found
        for number, found in undone.items()
        if found.text != lines[number] and _explains(lines[number], found, certain=certain)
    }
    if not kept:
        return None
    strength = sum(found.proof - 3 * found.stray - found.lost for found in kept.values())
    lost = sum(found.lost for found in kept.values())
    changed = {number: found.text for number, found in kept.items()}
    return _Step(f"UTF-8 read as {one.reading.name}", changed, lost, strength)


def _explains(line: str, found: Undone, *, certain: bool) -> bool:
    """Whether a line was UTF-8. The less the octets prove, the more the text must."""
    if found.stray * 3 > found.proof or (not certain and found.lost > found.proof):
        return False
    if certain and not found.stray:
        return True
    gain = quality(found.text) - quality(line)
    if certain or found.sure:
        return gain > -0.3 or (found.sure and gain > -0.6)
    if found.proof >= 9:
        return gain > 0
    return gain > (0.25 if found.proof > 3 else 0.5)


def _odd_lines(lines: list[str]) -> dict[int, str]:
    """Lines that sound text would hardly have; all lines if the whole of it does not sound."""
    sample = _sample(lines)
    value, judged = total_quality(sample[:_GLANCE])
    if judged and value < (_SOUND_WIDE if _WIDE.search(sample) else _SOUND):
        return dict(enumerate(lines))
    joined = "\n".join(lines)
    distinct = frozenset(joined)
    patterns = [pattern for needed, pattern in _SUSPICIOUS if distinct & needed]
    rare = distinct - usual_characters()
    if rare:
        patterns.append(re.compile(f"[{re.escape(''.join(rare))}]"))
    patterns = [pattern for pattern in patterns if pattern.search(joined)]
    return {
        number: line
        for number, line in enumerate(lines)
        if any(pattern.search(line) for pattern in patterns)
    }


def _utf_8_in(reading: Reading, lines: dict[int, str]) -> _Step | None:
    """UTF-8 read in a charset of several octets a character."""
    found = {
        number: text
        for number, line in lines.items()
        if (text := _line(line, reading, "utf-8")) is not None
    }
    whole = sum(text.whole for text in found.values())
    lost = sum(text.lost for text in found.values())
    if whole < 2 or lost * 3 > whole + 2:
        return None
    least = 0.0 if whole >= _CERTAIN // 3 else 0.4
    return _kept(f"UTF-8 read as {reading.name}", lines, found, least)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line under another charset: how many characters beyond ASCII it has, and has lost."""

    text: str
    whole: int
    lost: int


def _line(line: str, reading: Reading, codec: str) -> _Line | None:
    """The line under another charset; None if `reading` never gave it."""
    back = reading.back(line)
    if back is None:
        return None
    text = _LOST_AND_MARK.sub(LOST, forward(back[0], codec))
    lost = text.count(LOST)
    return _Line(text, sum(one > "\x7f" for one in text) - lost, lost)


_WIDE = re.compile("[\u2e80-\ud7a3\uff00-\uffef]")
_LOST_AND_MARK = re.compile("\ufffd+\\??")


def _kept(name: str, lines: dict[int, str], found: dict[int, _Line], least: float) -> _Step | None:
    """The lines that read better by more than `least`."""
    gains = {
        number: quality(line.text) - quality(lines[number])
        for number, line in found.items()
        if line.whole and line.lost * 2 <= line.whole + 1
    }
    changed = {number: found[number].text for number, gain in gains.items() if gain > least}
    if not changed:
        return None
    lost = sum(found[number].lost for number in changed)
    return _Step(name, changed, lost, sum(gains[number] for number in changed))


def _other_charsets(lines: dict[int, str]) -> _Step | None:
    """Two charsets that are not UTF-8 mistaken for each other: nothing proves that but language,
    so it must be clear, the clearer the shorter the text is, and nearly without loss."""
    sample = _sample(lines.values())
    beyond = sum(one > "\x7f" for one in sample)
    if sum(one > "\x7f" and one not in SOUND_SIGNS for one in sample) < _ENOUGH:
        return None
    wide = len(_WIDE.findall(sample)) * 2 > beyond
    before = quality(sample)
    if before >= (_SOUND_WIDE if wide else _SOUND) + 0.05:
        return None
    best: tuple[float, Reading, str, str] | None = None
    for reading, name, codec, after in _read_otherwise(sample, wide=wide):
        value, judged = total_quality(after)
        if judged < _ENOUGH or after.count(LOST) * 5 > judged or value < _READABLE:
            continue
        if value - before > _GAIN + 4 / judged and (best is None or value > best[0]):
            best = (value, reading, name, codec)
    if best is None:
        return None
    _, reading, name, codec = best
    found = {
        number: text
        for number, line in lines.items()
        if (text := _line(line, reading, codec)) is not None
    }
    return _kept(f"{name} read as {reading.name}", lines, found, 0.05)


def _read_otherwise(sample: str, *, wide: bool) -> Iterable[tuple[Reading, str, str, str]]:
    """The sample under all pairs of charsets that can have led to it. One of several octets gives
    wide characters, whatever it is given."""
    for reading in WRONG:
        back = reading.back(sample) if reading.single or wide else None
        if back is None:
            continue
        for name, codec in RIGHT:
            if codec != reading.codec:
                yield reading, name, codec, forward(back[0], codec)


def _sample(lines: Iterable[str]) -> str:
    kept: list[str] = []
    size = 0
    for line in lines:
        kept.append(line[:_SAMPLE])
        size += len(line)
        if size > _SAMPLE:
            break
    return "\n".join(kept)
