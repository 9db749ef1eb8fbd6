"""The header lines of a message that a mail program put into the text: From, Sent, To, Subject.

In whatever language, in whatever order, folded, in a table, or all on one line. Cargo is also sent
"From: Shenzhen To: Hamburg": a block is believed only if enough of it can belong to mail alone.
"""

import re
from dataclasses import dataclass
from itertools import islice

from digest.written.lines import LONGEST_LINE, Lines, is_rule
from digest.written.phrases import Label, fold, shipped_phrases

_LONGEST_LABEL = 40
_MOST_LINES = 24
"""Lines that a block may have, with long lists of recipients folded."""
_MOST_FOLDED = 6
_ENOUGH = 3

ADDRESS = re.compile(
    r"[^\s<>()\[\]\"'“”„«»,;:：，；＜＞@]{1,100}@[^\s<>()\[\]\"'“”„«»,;:：，；＜＞@]{1,200}"
)
"""An address as it stands in text."""

CLOCK = re.compile(r"\d{1,2}\s?[:.h時时시點点]\s?\d{2}")
_QUESTION = re.compile(r"[^\s:：][^:：\d]{1,30}[:：]\s{0,3}[^\s/]")
_YEAR = re.compile(r"\d{4}")
_ON_ONE_LINE = re.compile(r"([^\s:：]{1,20}(?: [^\s:：]{1,12})?)\s?[:：]")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `start` to `end` (not included) of a text, and what each label said there."""

    start: int
    end: int
    values: dict[Label, str]

    def value(self, *labels: Label) -> str:
        """What the first of these labels said, or ""."""
        return next((self.values[label] for label in labels if label in self.values), "")


def read_block(lines: Lines, at: int, *, trusted: bool = False) -> Block | None:
    """The block that begins with this line, if one does.

    `trusted` says that this line or one above announced it: then a sender's line is enough.
    """
    labelled = bool(label_of(lines.bare[at])[0])
    if not labelled and not trusted:
        return None
    block = (_gather(lines, at) if labelled else None) or _on_one_line(lines, at)
    if block is None or Label.FROM not in block.values:
        return None
    if trusted:
        return block
    enough = _evidence(block.values) + _is_below_rule(lines, at) >= _ENOUGH
    return block if enough and not _is_form(lines, block) else None


def _is_form(lines: Lines, block: Block) -> bool:
    """Whether these are the first answers of a web form, which goes on with other questions."""
    if any(lines.bare[: block.start]) or block.end >= len(lines.bare):
        return False
    return _QUESTION.match(lines.bare[block.end]) is not None


def _is_below_rule(lines: Lines, at: int) -> bool:
    """Whether a drawn line stands above, as Outlook has it."""
    above = next((line for line in reversed(lines.bare[max(0, at - 3) : at]) if line), "")
    return len(above) > 9 and is_rule(above)


def label_of(line: str) -> tuple[frozenset[Label], str]:
    """What a bare line's label may tell, and what stands after it; nothing if it has none."""
    line = line.strip("|*> \t")
    cut = _colon(line)
    if cut < 0:
        if "|" not in line[:_LONGEST_LABEL]:
            return frozenset(), ""
        cut = line.index("|")
    label = fold("".join(line[:cut].strip("* |").split()))
    found = shipped_phrases().labels.get(label)
    return (found or frozenset()), line[cut + 1 :].strip("|* \t")


def _colon(line: str) -> int:
    head = line[:_LONGEST_LABEL]
    ascii_colon, wide = head.find(":"), head.find("：")
    return ascii_colon if wide < 0 else wide if ascii_colon < 0 else min(ascii_colon, wide)


def _gather(lines: Lines, start: int) -> Block | None:
    """Labelled lines one below the other, with folded values and single empty lines."""
    values: dict[Label, str] = {}
    last: Label | None = None
    at = end = start
    folded = 0
    while at < min(len(lines.bare), start + _MOST_LINES):
        line = lines.bare[at]
        labels, value = label_of(line) if line else (frozenset(), "")
        new = _new_label(labels, values)
        if new is not None:
            values[new], last, end, folded = value[:LONGEST_LINE], new, at + 1, 0
        elif labels and Label.REPLY not in labels:
            break  # a label for the second time: another block, or no block at all
        elif labels or (not line and _continues(lines, at, values)):
            last = last if not line else None
            end = at + 1 if labels else end
        elif (
            line and last is not None and folded < _MOST_FOLDED and _folds(lines, at, last, values)
        ):
            values[last] = f"{values[last]} {line}"[: 4 * LONGEST_LINE].strip()
            end, folded = at + 1, folded + 1
        else:
            break
        at += 1
    return Block(start, end, values) if len(values) > 1 else None


def _new_label(labels: frozenset[Label], values: dict[Label, str]) -> Label | None:
    """The label that is not there yet. Spanish "A:" and Polish "Do:" have one meaning each, and
    so has nearly every label; where there are two, the one that is still missing counts."""
    for label in Label:
        if label in labels and label not in values and label is not Label.REPLY:
            if label in (Label.SENT, Label.DATE) and {Label.SENT, Label.DATE} & values.keys():
                continue
            return label
    return None


def _continues(lines: Lines, at: int, values: dict[Label, str]) -> bool:
    """Whether the block goes on below an empty line."""
    if at + 1 >= len(lines.bare):
        return False
    labels, _ = label_of(lines.bare[at + 1])
    return _new_label(labels, values) is not None


def _folds(lines: Lines, at: int, last: Label, values: dict[Label, str]) -> bool:
    """Whether a line without a label belongs to the value above it."""
    if not values[last]:
        return True  # the label stood alone: a table, whose cells became lines
    line = lines.bare[at][:LONGEST_LINE]
    if last in (Label.TO, Label.CC) and (ADDRESS.search(line) or values[last][-1] in ",;"):
        return True
    if last is Label.FROM and ADDRESS.search(line) and not ADDRESS.search(values[last]):
        return True
    following = lines.bare[at + 1] if at + 1 < len(lines.bare) else ""
    return _new_label(label_of(following)[0], values) is not None


def _on_one_line(lines: Lines, at: int) -> Block | None:
    """All labels within one line, as web mail writes them when it makes text of a table."""
    line = lines.bare[at]
    if len(line) > 4 * LONGEST_LINE:
        return None
    values: dict[Label, str] = {}
    found: list[tuple[int, int, Label]] = []
    for match in islice(_ON_ONE_LINE.finditer(line), 60):
        label, start = _label_within(match[1], values)
        if label is not None:
            values[label] = ""
            found.append((match.start() + start, match.end(), label))
    for number, (_, end, label) in enumerate(found):
        until = found[number + 1][0] if number + 1 < len(found) else len(line)
        values[label] = line[end:until].strip(" |*")[:LONGEST_LINE]
    enough = 3 if not found or found[0][2] is not Label.FROM else 2
    return Block(at, at + 1, values) if len(values) >= enough else None


def _label_within(words: str, values: dict[Label, str]) -> tuple[Label | None, int]:
    """The label at the end of some words, and where in them it starts.

    What stood before may touch it: "…<li@example.com>To:" and "…GMT+1Subject:".
    """
    phrases = shipped_phrases()
    starts = [index for index, letter in enumerate(words) if _may_start(words, index, letter)]
    for start in starts[:20]:
        key = fold("".join(words[start:].split()).strip("*|>"))
        label = _new_label(phrases.labels.get(key, frozenset()), values)
        if label is not None:
            return label, start
    return None, 0


def _may_start(words: str, index: int, letter: str) -> bool:
    before = words[index - 1] if index else " "
    return letter.isalpha() and (not before.isalpha() or letter.isupper())


def _evidence(values: dict[Label, str]) -> int:
    """How much of a block only mail can have."""
    if len({Label.SENT, Label.DATE, Label.TO, Label.CC} & values.keys()) == 0:
        return 0  # a web form has a name and a subject, too
    when = values.get(Label.SENT) or values.get(Label.DATE, "")
    people = values[Label.FROM] + values.get(Label.TO, "")
    score = 2 if "@" in people and ADDRESS.search(people) else 0
    score += 2 if CLOCK.search(when) else 1 if _YEAR.search(when) else 0
    score += Label.SUBJECT in values
    score += Label.SENT in values
    return score + (len(values) >= 4 and Label.SUBJECT in values)
