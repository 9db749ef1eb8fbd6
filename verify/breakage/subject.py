"""Subjects without the tag that a list or a gateway put before or behind them.

In encoded words (RFC 2047) the tag may be a word of its own, or the whole subject was decoded
and encoded again; then it is written here as other programs write it.
"""

import base64
import re
from collections.abc import Iterator
from email import quoprimime

LONGEST_TAG = 120
"""Characters of a tag."""

_REPLY = r"(?:(?:re|fwd?|aw|wg|sv|tr|回复|答复|转发)\s*[:：]\s*)*"
_TAG = (
    r"(?:\[[^\]]{0,80}\]|\([^)]{0,80}\)|【[^】]{0,80}】|［[^］]{0,80}］|\{[^}]{0,80}\}|<[^>]{0,80}>"
    r"|\*{2,}[^*]{0,80}\*{2,}|[^\s:：]{1,30}[:：]|\S{1,30}\s+[-|])"
)
_TAGGED = re.compile(rf"\A({_REPLY})((?:{_TAG}\s*){{1,3}})(.*)\Z", re.IGNORECASE | re.DOTALL)
_LAST_TAG = re.compile(rf"\A(.*?)\s*{_TAG}\s*\Z", re.DOTALL)
_WORD = re.compile(rb"=\?([^?\s]{1,40})\?([bBqQ])\?([^?\s]*)\?=")
_GAP = re.compile(rb"(\?=)[ \t\r\n]+(=\?)")
_CHARSETS = ("utf-8", "UTF-8", "gb2312", "GB2312", "gbk", "GBK", "gb18030", "GB18030", "iso-8859-1")
_CODECS = {"gb2312": "gb18030", "gbk": "gb18030"}


def untagged(value: bytes) -> Iterator[bytes]:
    """Values that this subject may have had; `value` is unfolded."""
    words = list(_WORD.finditer(value))
    if not words:
        for text in _shorter(value.decode("latin-1")):
            yield text.encode("latin-1")
        return
    yield from _without_first_words(value, words)
    text, charset, encoding = _text_of(value, words)
    first_word = _written(words[0])
    for shorter in _without_tags(text):
        yield from _rewritten(shorter, charset, encoding)
    for shorter in _without_tags(first_word):
        word = _word(shorter, charset, encoding)
        if word is not None:
            yield value[: words[0].start()] + word + value[words[0].end() :]
    for at in range(1, min(len(text), LONGEST_TAG)):
        yield from _rewritten(text[at:], charset, encoding, every=False)
    yield from _rewritten(text, charset, encoding)


def _shorter(text: str) -> Iterator[str]:
    """Without tags; then without anything before the start of a word, or behind its end."""
    yield from _without_tags(text)
    for at in range(1, min(len(text), LONGEST_TAG)):
        if text[at - 1] in " :]":
            yield text[at:]
    for at in range(max(0, len(text) - LONGEST_TAG), len(text)):
        if text[at] == " ":
            yield text[:at]


def _without_tags(text: str) -> Iterator[str]:
    """`Re: [list] word` was `Re: word`, or `word`."""
    found = _TAGGED.match(text)
    if found is not None:
        tags = re.findall(rf"{_TAG}\s*", found[2], re.IGNORECASE)
        for number in range(1, len(tags) + 1):
            yield found[1] + "".join(tags[number:]) + found[3]
        yield found[3]
    last = _LAST_TAG.match(text)
    if last is not None:
        yield last[1]


def _without_first_words(value: bytes, words: list[re.Match[bytes]]) -> Iterator[bytes]:
    """Whatever stands before one of the encoded words."""
    for word in words[:5]:
        if word.start():
            yield value[word.start() :]
    for word in words[:5]:
        rest = value[word.end() :].lstrip()
        if rest:
            yield rest


def _written(word: re.Match[bytes]) -> str:
    try:
        if word[2] in b"bB":
            octets = base64.b64decode(word[3] + b"=" * (-len(word[3]) % 4))
        else:
            octets = quoprimime.header_decode(word[3].decode("latin-1")).encode("latin-1")
        return octets.decode(_codec(word[1].decode("latin-1")), "replace")
    except (ValueError, LookupError):
        return ""


def _codec(charset: str) -> str:
    return _CODECS.get(charset.lower(), charset)


def _text_of(value: bytes, words: list[re.Match[bytes]]) -> tuple[str, str, str]:
    """The whole in characters, and how its last encoded word was written: that one was there
    before the tag was."""
    packed = _GAP.sub(rb"\1\2", value)
    pieces, position = [], 0
    for word in _WORD.finditer(packed):
        pieces += [packed[position : word.start()].decode("latin-1"), _written(word)]
        position = word.end()
    pieces.append(packed[position:].decode("latin-1"))
    return "".join(pieces), words[-1][1].decode("latin-1"), words[-1][2].decode("latin-1")


def _rewritten(text: str, charset: str, encoding: str, *, every: bool = True) -> Iterator[bytes]:
    """`text` as a field's value: as ASCII, or in one encoded word of each sort."""
    if text.isascii():
        yield text.encode("ascii")
    if not every:
        word = _word(text, charset, encoding)
        if word is not None:
            yield word
        return
    for name in dict.fromkeys((charset, *_CHARSETS)):
        for letter in dict.fromkeys((encoding, "B", "Q")):
            word = _word(text, name, letter)
            if word is not None:
                yield word


def _word(text: str, charset: str, encoding: str) -> bytes | None:
    try:
        octets = text.encode(_codec(charset))
    except (UnicodeError, LookupError):
        return None
    if encoding in "bB":
        content = base64.b64encode(octets)
    else:
        content = quoprimime.header_encode(octets, charset).encode("latin-1")
        content = content.split(b"?")[3] if content else b""
    return b"=?" + charset.encode("latin-1") + b"?" + encoding.encode() + b"?" + content + b"?="
