"""Octets to text: the declared charset where it holds, and an honest guess where it does not.

Never raises and never decides silently: where the text was read in another charset than the
declared one, the note says so.
"""

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

from digest.charset.effort import effort
from digest.charset.guess import guess, is_of_letters, sample_of, vote
from digest.charset.japanese import decode_euc_jp, decode_iso_2022_jp
from digest.charset.labels import (
    EUC_JP,
    ISO_2022_JP,
    ISO_2022_KR,
    UTF_8,
    UTF_16BE,
    UTF_16LE,
    Charset,
    charset_of,
    composed,
    cousin_of,
)

_JAPANESE_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([JI])")
# A character of three octets or more in UTF-8: in text of another charset hardly ever by accident.
_LONG_SEQUENCE = re.compile(r"[^\0-\u07ff]")
_SEVERAL = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_IMPLAUSIBLE = 0.0
"""A declared charset whose reading gets fewer votes than this is doubted."""
_RARE_CHARACTERS = 0.8
"""The same where characters have several octets: most wrong readings are text of rare ones."""
_CLEARLY_BETTER = 0.5
_FEW = 300
_FREQUENT_CHARACTERS = 1.2
_FEWEST = 3
_SHORT = 12
"""Octets that are too few for a vote against a declared charset."""
_LABEL_LIMIT = 40
_UNSAFE = re.compile("[^\x21-\x7e]")
# Charsets whose characters are the same in the wider one that they are read as, but for two of
# GB 2312, a dash and a point.
_LIKE_THEIR_SUPERSETS = frozenset(["gb2312", "gbk"])
_READ_OTHERWISE = ("\u2015", "\u30fb")
_BOMS = ((b"\xef\xbb\xbf", UTF_8), (b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE))


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the charset that it was read in, and what a person should know about the reading.

    `note` is None where the declared charset was right; `damaged` says that some octets could
    not be read and became U+FFFD.
    """

    text: str
    charset: str
    note: str | None = None
    damaged: bool = False


def decode(
    content: bytes,
    declared: str | None,
    hints: tuple[Charset, ...] = (),
    *,
    doubt: bool = True,
) -> Decoded:
    """The text of `content`, whose sender calls its charset `declared` (None: said nothing).

    Without `doubt` a charset of letters that was declared is believed, which costs nothing.
    """
    label = _UNSAFE.sub("", declared or "")[:_LABEL_LIMIT]
    charset = charset_of(declared) if declared else None
    if charset is not None and charset.stateful:
        return _stateful(content, label, charset)
    if content.isascii():
        return _ascii(content, label, known=charset is not None or not declared)
    marked = _byte_order_mark(content, charset)
    if marked is not None:
        return marked
    if charset is None:
        return _unlabelled(content, label, hints)
    if not doubt:
        return _read_as(content, charset, _superset_note(content, label, charset))
    return _labelled(content, label, charset, hints)


def _ascii(content: bytes, label: str, *, known: bool) -> Decoded:
    """Nothing but ASCII, unless escapes say that it is ISO-2022 under another label."""
    if b"\x1b" in content:
        if _JAPANESE_ESCAPE.search(content):
            return _read_as(content, ISO_2022_JP, _note(label, "iso-2022-jp"))
        if b"\x1b$)C" in content:
            return _read_as(content, ISO_2022_KR, _note(label, "iso-2022-kr"))
    text = content.decode("ascii")
    if not known:
        return Decoded(text, "us-ascii", f"declared {label}, which is no charset; all ASCII")
    return Decoded(text, "us-ascii")


def _stateful(content: bytes, label: str, charset: Charset) -> Decoded:
    if not content:
        return Decoded("", charset.name)
    if charset.name == "utf-16":
        charset = _utf_16_order(content)
    elif not content.isascii() and charset.name in ("utf-7", "hz-gb-2312", "iso-2022-kr"):
        return _unlabelled(content, label, ())
    read = _read_as(content, charset, None)
    if read.damaged and charset.name.startswith("utf-") and _is_utf_8(content):
        return _read_as(content, UTF_8, _note(label, "utf-8"))
    return read


def _utf_16_order(content: bytes) -> Charset:
    """UTF-16 by its mark, else by where the zero octets of ASCII characters stand."""
    for mark, charset in _BOMS[1:]:
        if content.startswith(mark):
            return charset
    sample = content[:2000]
    return UTF_16LE if sample[1::2].count(0) >= sample[::2].count(0) else UTF_16BE


def _byte_order_mark(content: bytes, charset: Charset | None) -> Decoded | None:
    for mark, marked in _BOMS:
        if content.startswith(mark) and (marked is UTF_8 or charset is None):
            if marked is UTF_8 and not _is_utf_8(content):
                return None
            known = charset is not None and charset.name == marked.name
            note = None if known else f"declared nothing, decoded as {marked.name} by its mark"
            return _read_as(content, marked, note)
    return None


def _labelled(content: bytes, label: str, charset: Charset, hints: tuple[Charset, ...]) -> Decoded:
    if charset.name == "utf-8":
        return _labelled_utf_8(content, label, hints)
    if charset.multibyte and _is_plain_case(content, charset):
        return _read_strictly(content, charset) or _read_as(
            content, charset, _superset_note(content, label, charset)
        )
    utf_8 = _utf_8(content)
    if utf_8 is not None and (not charset.multibyte or len(_LONG_SEQUENCE.findall(utf_8)) > 1):
        return Decoded(utf_8, "utf-8", _note(label, "utf-8"))
    damaged = _damaged_utf_8(content)
    if damaged is not None:
        return Decoded(damaged, "utf-8", _note(label, "utf-8"), damaged=True)
    found = _asked(content, charset)
    expected = not hints or charset.name in {hint.name for hint in hints}
    doubtful = _IMPLAUSIBLE if expected and not is_of_letters(charset) else _RARE_CHARACTERS
    if found is not None and found < doubtful and not _holds(content, charset):
        better, votes = guess(content, hints)
        if better.name != charset.name and votes > max(found + _CLEARLY_BETTER, _IMPLAUSIBLE):
            return _read_as(content, better, _note(label, better.name, guessed=True))
    wider = _with_controls(content, charset)
    if wider is not None:
        return _read_as(content, wider, _note(label, wider.name))
    return _read_as(content, charset, _superset_note(content, label, charset))


def _is_plain_case(content: bytes, charset: Charset) -> bool:
    """Whether a few hundred octets are frequent characters of the charset that was declared, so
    that nobody need look at all the others it could be."""
    few = sample_of(content)[:_FEW]
    budget = effort()
    if len(few) < _FEW or budget.exhausted:
        return False
    budget.ask(len(few))
    return _is_of_frequent_characters(few, charset)


@lru_cache(maxsize=8)
def _is_of_frequent_characters(few: bytes, charset: Charset) -> bool:
    """The same text is asked about for what it tells of others, and then for itself."""
    found = vote(few, charset)
    return found is not None and found > _FREQUENT_CHARACTERS


def _read_strictly(content: bytes, charset: Charset) -> Decoded | None:
    """By the letter of its label, if that and its superset read it alike; else None."""
    if charset.strict not in _LIKE_THEIR_SUPERSETS:
        return None
    try:
        text = content.decode(charset.strict)
    except UnicodeDecodeError:
        return None
    if any(one in text for one in _READ_OTHERWISE):
        return None
    return Decoded(_without_mark(text), charset.name)


def _asked(content: bytes, charset: Charset) -> float | None:
    """How well it reads as what was declared; None where that is believed without a question."""
    budget, sample = effort(), sample_of(content)
    if budget.exhausted:
        return None
    budget.ask(len(sample))
    return vote(sample, charset)


def _with_controls(content: bytes, charset: Charset) -> Charset | None:
    """The charset of Windows that grew out of an ISO 8859 one, if there are octets that are
    letters in it and would be controls in the other: nobody sends those."""
    cousin = cousin_of(charset)
    return cousin if cousin is not None and _C1.search(content) else None


def _holds(content: bytes, charset: Charset) -> bool:
    """Whether a declared charset is to be believed, rare as its characters may be: the text is
    short, and everything in it is a character."""
    if not charset.multibyte:
        return sum(octet > 127 for octet in sample_of(content)) < _FEWEST
    text = _decode_with(content[:_SHORT], charset)
    return len(content) < _SHORT and "\ufffd" not in text


def _labelled_utf_8(content: bytes, label: str, hints: tuple[Charset, ...]) -> Decoded:
    text = _utf_8(content)
    if text is not None:
        return Decoded(text, "utf-8")
    damaged = _damaged_utf_8(content, declared=True)
    if damaged is None:
        better, votes = guess(content, hints)
        if votes >= _IMPLAUSIBLE:
            return _read_as(content, better, _note(label, better.name, guessed=True))
        damaged = _without_mark(content.decode("utf-8", "replace"))
    return Decoded(damaged, "utf-8", "declared utf-8, damaged", damaged=True)


def _unlabelled(content: bytes, label: str, hints: tuple[Charset, ...]) -> Decoded:
    text = _utf_8(content)
    if text is not None:
        return Decoded(text, "utf-8", _note(label, "utf-8"))
    damaged = _damaged_utf_8(content)
    if damaged is not None:
        return Decoded(damaged, "utf-8", f"{_note(label, 'utf-8')}, damaged", damaged=True)
    if _looks_like_utf_16(content):
        order = _utf_16_order(content)
        return _read_as(content, order, _note(label, order.name, guessed=True))
    found, _ = guess(content, hints)
    return _read_as(content, found, _note(label, found.name, guessed=True))


def _looks_like_utf_16(content: bytes) -> bool:
    sample = content[:2000]
    return max(sample[::2].count(0), sample[1::2].count(0)) * 4 > len(sample)


def _superset_note(content: bytes, label: str, charset: Charset) -> str | None:
    """Whether the wider reading of a label was needed."""
    if charset.strict is None:
        return None
    if charset.strict == "latin-1":
        return _note(label, charset.name) if _C1.search(content) else None
    try:
        content.decode(charset.strict)
    except UnicodeDecodeError:
        return _note(label, charset.name)
    return None


_CUT_OFF = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
_C1 = re.compile(rb"[\x80-\x9f]")
_ASCII_OCTETS = bytes(range(128))


def _note(label: str, charset: str, *, guessed: bool = False) -> str:
    declared = f"declared {label}" if label else "declared nothing"
    return f"{declared}, decoded as {charset}" + (" (guessed)" if guessed else "")


def _read_as(content: bytes, charset: Charset, note: str | None) -> Decoded:
    text = _without_mark(_decode_with(content, charset))
    damaged = "\ufffd" in text
    if damaged and note is None:
        note = f"declared {charset.name}, damaged"
    return Decoded(text, charset.name, note, damaged)


def _decode_with(content: bytes, charset: Charset) -> str:
    if charset.table is not None:
        return composed(codecs.charmap_decode(content, "strict", charset.table)[0], charset)
    for codec in charset.codecs:
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    if charset.name == ISO_2022_JP.name:
        return decode_iso_2022_jp(content)
    if charset.name == EUC_JP.name:
        return decode_euc_jp(content)
    return content.decode(charset.codecs[0], "replace")


def _is_utf_8(content: bytes) -> bool:
    return _utf_8(content) is not None


def _utf_8(content: bytes) -> str | None:
    """The text if this is UTF-8; a character cut off at the very end is forgiven."""
    try:
        return _without_mark(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        cut = content[error.start :]
        if _CUT_OFF.match(cut) and not content[: error.start].isascii():
            return _without_mark(content[: error.start].decode("utf-8")) + "\ufffd"
    return None


def _damaged_utf_8(content: bytes, *, declared: bool = False) -> str | None:
    """The text of UTF-8 in which a few octets are wrong; None if it is none.

    Text of another charset has octets that look like UTF-8 here and there, but far fewer. Less is
    enough where the sender calls it UTF-8.
    """
    sample = sample_of(content)
    whole = sum(map(len, _SEVERAL.findall(sample)))
    others = len(sample.translate(None, _ASCII_OCTETS)) - whole
    if whole <= 6 * others or whole < 4:
        return None
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) < (2 if declared else 4) * wrong:
        return None
    return _without_mark(content.decode("utf-8", "replace"))


def _without_mark(text: str) -> str:
    return text.removeprefix("\ufeff")
