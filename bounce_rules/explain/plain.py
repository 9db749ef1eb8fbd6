"""Findings as plain text, for a terminal."""

import re
from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from bounce_rules.explain.finding import Finding
from bounce_rules.explain.words import Words, labels, words_of
from mail.report import DnsEvidence

WIDTH = 96
"""Columns of the printed lines, but for records, which are to be copied whole."""

_INDENT = "    "
_PIECE = re.compile(r"[\x21-\x7e]+|.", re.DOTALL)
_CLOSING = set(" ，。；：、）”")


def told(found: Sequence[Finding], language: str) -> list[str]:
    """All findings, numbered, with the record seen and the record or change that mends it."""
    names = labels(language)
    lines = [names["enough"], ""] if sum(one.is_enough for one in found) > 1 else []
    for number, one in enumerate(found, 1):
        words = words_of(one, language)
        lines += _filled(words.found, f"{number}.  ")
        lines += [line for part in _parts(one, words, names) for line in part]
        lines.append("")
    return lines[:-1]


def _parts(finding: Finding, words: Words, names: dict[str, str]) -> Iterator[list[str]]:
    yield _filled(f"{names['checked']}{words.checked}", _INDENT)
    if finding.seen:
        yield [f"{_INDENT}{names['seen']}"]
        for answer in finding.seen:
            yield [f"{_INDENT}  {line}" for line in seen_lines(answer, names)]
    yield _filled(f"{names['passes']}{words.passes}", _INDENT)
    yield _filled(f"{names['fix']}{words.fix}", _INDENT)
    if finding.record is not None:
        yield [f"{_INDENT}{words.publish}", f"{_INDENT}  {finding.record.zone_line}"]
    if finding.change:
        yield [f"{_INDENT}{names['change']}", f"{_INDENT}  {finding.change}"]


def seen_lines(answer: DnsEvidence, names: dict[str, str]) -> list[str]:
    """A DNS answer as zone lines, or as what it was instead of one."""
    start = f"{answer.name}. IN {answer.rdtype}"
    if answer.records:
        return [f"{start} {record}" for record in answer.records]
    words = {"nxdomain": "no_name", "nodata": "no_record"}
    return [f"{start}: {names[words.get(answer.status, 'no_answer')]}"]


def _filled(text: str, start: str) -> list[str]:
    """Wrapped to WIDTH columns. Chinese has no spaces: a line may end after any character of it,
    but not before a closing mark or within a Latin word."""
    lines, line, width = [], start, len(start)
    for piece in _PIECE.findall(text):
        columns = sum(2 if east_asian_width(one) in "WF" else 1 for one in piece)
        if width + columns > WIDTH and piece not in _CLOSING:
            lines.append(line.rstrip())
            line, width = _INDENT, len(_INDENT)
        if piece != " " or line != _INDENT:
            line, width = line + piece, width + columns
    return [*lines, line.rstrip()]
