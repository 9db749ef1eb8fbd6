"""Whose mail is it? The one author domain that a person would read, or why there is none.

Everything that DMARC proves is about the domain in the From field, so whoever can make us read
another domain there than the reader's mail program shows has forged a proven message. Therefore
this is a strict reader: where mail programs are known to differ (comments inside an address,
routes, encoded words as addresses, lines that only some take for a From field, …) there is no
author, and the message is refused. What is sloppy but can be read in one way only is accepted.

Pure, and linear in the length of the header block.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from mail.address import Domain, parse_domain
from mail.message import Message
from mail.reason import Reason, ReasonedError, because
from mail.reason import ReasonCode as Code
from mail.reply import printable
from mail.report import AuthorWord
from verify.remembered import remembered


@dataclass(frozen=True, slots=True)
class Author:
    """`domain` is set where `word` is ONE, else `cause` says what is wrong."""

    word: AuthorWord
    domain: Domain | None = None
    cause: Reason | None = None

    @property
    def reason(self) -> str:
        """The cause as one ASCII line; empty where nothing is wrong."""
        return printable(str(self.cause)) if self.cause else ""


class _Unreadable(ReasonedError):
    """There is no single reading."""


def find_author(message: Message) -> Author:
    """The author domain of a message by its From field (RFC 5322 §3.6.2, RFC 9989 §5.3.1).

    Several authors are one author domain if they share it (RFC 9989 §11.5 leaves it to us).
    """
    fields = list(message.all("from"))
    if len(fields) > 1:
        return Author(AuthorWord.SEVERAL, cause=because(Code.FROM_FIELDS, len(fields)))
    if _hidden_from(message):
        return Author(AuthorWord.MALFORMED, cause=because(Code.FROM_HIDDEN))
    if not fields:
        return Author(AuthorWord.MISSING, cause=because(Code.FROM_MISSING))
    return _author_in(fields[0].value)


@remembered(entries=2048, length=512)
def _author_in(value: bytes) -> Author:
    """The author domain by the value of the one From field."""
    try:
        return _one_author(_domains(_text_of(value)))
    except _Unreadable as error:
        return Author(AuthorWord.MALFORMED, cause=error.reason)


def _one_author(domains: Iterator[Domain]) -> Author:
    first = next(domains, None)
    if first is None:
        return Author(AuthorWord.MISSING, cause=because(Code.FROM_NOBODY))
    for other in domains:
        if other != first:
            cause = because(Code.FROM_AUTHORS, str(first), str(other))
            return Author(AuthorWord.SEVERAL, cause=cause)
    return Author(AuthorWord.ONE, first)


# What some readers skip: controls, white space, and characters that have no shape.
_SKIPPED = bytes([*range(0x0A), *range(0x0E, 0x21), 0x7F])
_SHAPELESS = re.compile(rb"\xef\xbb\xbf|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xc2[\x80-\xa0\xad]")
_PLAINLY = bytes.maketrans(b"\r\x0b\x0cFROM", b"\n\n\nfrom")
_FOLDS = (b"\r\n ", b"\r\n\t", b"\n ", b"\n\t")
_PIECE = 65536


def _hidden_from(message: Message) -> bool:
    """Whether some line that is not a From field for us would be one for others.

    A control byte or white space before or inside the name, a colon on the next line, or a line
    end that is one for some only: once all that is taken away there are more From fields than we
    have read. A folded line that happens to begin with "From:" is not one: every reader unfolds
    it. Each step is one quick pass over the octets, because nothing else runs meanwhile.
    """
    block = message.header_block
    for fold in _FOLDS:
        block = block.replace(fold, b"")
    if not block.isascii():
        block = b"".join(_SHAPELESS.sub(b"", piece) for piece in _pieces(block))
    plain = b"\n" + block.translate(_PLAINLY, _SKIPPED)
    return plain.count(b"\nfrom:") > sum(1 for _ in message.all("from"))


def _pieces(block: bytes) -> Iterator[bytes]:
    """The block in short pieces, none of which ends within a UTF-8 character."""
    start = 0
    while start < len(block):
        end = start + _PIECE
        while block[end : end + 1] and 0x80 <= block[end] < 0xC0 and end < start + _PIECE + 3:
            end += 1
        yield block[start:end]
        start = end


FIELD_LIMIT = 100_000
TOKEN_LIMIT = 10_000
"""Octets and tokens of a From field that is read; a thousand authors fit in it."""

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_MULTIBYTE = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x80-\xff]")
_ONE_ANGLE = re.compile(rb"[^<>]*<[\x21-\x7e]+>[ \t]*")


def _text_of(value: bytes) -> str:
    """The field's value as text, without any octet that readers treat differently.

    Octets that are not UTF-8 (display names in GBK or Big5 without a label) become U+FFFD, two
    at a time as those encodings have them, since the second may look like a backslash or an @.
    """
    if len(value) > FIELD_LIMIT:
        raise _Unreadable(Code.FROM_TOO_LONG, FIELD_LIMIT)
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        if _ONE_ANGLE.fullmatch(value) is None:
            raise _Unreadable(Code.FROM_OCTETS) from None
        text = _MULTIBYTE.sub("\ufffd".encode(), value).decode("utf-8")
    if _CONTROL.search(text):
        raise _Unreadable(Code.FROM_CONTROL)
    return text


_TOKEN = re.compile(
    r'(?P<space>[ \t]+)|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<literal>(?<=@)\[[A-Za-z0-9.:\-]*\])'
    r'|(?P<special>[<>,;:@])|(?P<word>[^ \t<>,;:@"()]+)'
)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(text: str) -> Iterator[_Token]:
    """RFC 5322 §3.2 lexical tokens; comments are one token however they nest."""
    position = 0
    while position < len(text):
        if text[position] == "(":
            end = _comment_end(text, position)
            yield _Token("comment", text[position:end])
            position = end
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            is_quote = text[position] == '"'
            raise _Unreadable(Code.FROM_QUOTES if is_quote else Code.FROM_COMMENT)
        assert match.lastgroup is not None
        if match.lastgroup == "word" and match[0].endswith("\\"):
            raise _Unreadable(Code.FROM_BACKSLASH)
        yield _Token(match.lastgroup, match[0])
        position = match.end()


def _comment_end(text: str, start: int) -> int:
    """Past the parenthesis that closes the one at `start` (RFC 5322 §3.2.2)."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    raise _Unreadable(Code.FROM_COMMENT)


def _domains(text: str) -> Iterator[Domain]:
    """The domain of each author, in order: RFC 5322 §3.4 mailbox-list, and groups (RFC 6854)."""
    current: list[_Token] = []
    in_group = after_group = False
    tokens = list(islice(_tokens(text), TOKEN_LIMIT))
    if len(tokens) == TOKEN_LIMIT:
        raise _Unreadable(Code.FROM_TOKENS, TOKEN_LIMIT)
    for token in (*tokens, _Token("special", ",")):
        if token.text == ":" and token.kind == "special":
            if in_group or not _is_phrase(current):
                raise _Unreadable(Code.FROM_COLON)
            in_group, current = True, []
        elif token.text in {",", ";"} and token.kind == "special":
            if after_group and _strip(current):
                raise _Unreadable(Code.FROM_AFTER_GROUP)
            yield from _mailbox(current)
            after_group, current = token.text == ";", []
            if after_group and not in_group:
                raise _Unreadable(Code.FROM_SEMICOLON)
            in_group = in_group and not after_group
        else:
            current.append(token)
    if in_group:
        raise _Unreadable(Code.FROM_GROUP)


def _is_phrase(tokens: Sequence[_Token]) -> bool:
    """Whether this may be a group's name: words and quoted strings, at least one."""
    kinds = {token.kind for token in tokens}
    return bool(kinds & {"word", "quoted"}) and not kinds & {"special", "literal"}


_OUTSIDE = {"space", "comment"}


def _strip(tokens: Sequence[_Token], kinds: set[str] = _OUTSIDE) -> list[_Token]:
    """Without white space (and comments) around."""
    inner = [index for index, token in enumerate(tokens) if token.kind not in kinds]
    return list(tokens[inner[0] : inner[-1] + 1]) if inner else []


def _mailbox(tokens: Sequence[_Token]) -> Iterator[Domain]:
    """RFC 5322 §3.4 mailbox: the domain of an address, with or without a display name.

    Nothing for an empty place in the list (RFC 5322 §4.4 obs-mbox-list).
    """
    tokens = _strip(tokens)
    specials = [token.text for token in tokens if token.kind == "special"]
    if not tokens:
        return
    if "<" not in specials and ">" not in specials:
        yield _address_domain(tokens)
        return
    begin = next((i for i, token in enumerate(tokens) if token.text == "<"), 0)
    if specials.count("<") != 1 or specials.count(">") != 1 or tokens[-1].text != ">":
        raise _Unreadable(Code.FROM_BRACKETS)
    domain = _address_domain(_strip(tokens[begin + 1 : -1], {"space"}))
    _check_display_name(tokens[:begin], domain)
    yield domain


def _check_display_name(tokens: Sequence[_Token], domain: Domain) -> None:
    """A bare address as display name is what some programs show as the author.

    In quotes it is a name like any other; without them it must be of the author's own domain.
    """
    words = [token.text for token in tokens if token.kind not in _OUTSIDE]
    for index, text in enumerate(words):
        shown = words[index + 1] if text == "@" and 0 < index < len(words) - 1 else ""
        if "." in shown and shown.rstrip(".").lower() not in {domain.ascii, domain.unicode}:
            raise _Unreadable(Code.FROM_SHOWN_ADDRESS)


_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u00a0-\U0010ffff]+")
_ENCODED_WORD = re.compile(r"=\?[^?]*\?[bq]\?.*\?=", re.IGNORECASE)


def _address_domain(tokens: Sequence[_Token]) -> Domain:
    """RFC 5322 §3.4.1 addr-spec, without white space or comments inside: its domain.

    Local parts may have dots anywhere: some providers gave such addresses away.
    """
    if tokens and tokens[0].text == "@":
        raise _Unreadable(Code.FROM_ROUTE)
    if len(tokens) != 3 or tokens[1].text != "@":
        raise _Unreadable(Code.FROM_NO_ADDRESS)
    local, domain = tokens[0], tokens[2]
    if local.kind == "quoted":
        _check_quoted(local.text)
    elif local.kind != "word" or _ATOMS.fullmatch(local.text) is None:
        raise _Unreadable(Code.FROM_LOCAL)
    if any("=?" in one and _ENCODED_WORD.search(one) for one in (local.text, domain.text)):
        raise _Unreadable(Code.FROM_ENCODED)
    if any(unicodedata.category(char) in {"Cf", "Cc", "Zl", "Zp"} for char in local.text):
        raise _Unreadable(Code.FROM_INVISIBLE)
    if domain.kind == "literal":
        raise _Unreadable(Code.FROM_LITERAL)
    try:
        return parse_domain(domain.text)
    except ValueError as error:
        raise _Unreadable(Code.FROM_DOMAIN, str(error)) from error


def _check_quoted(text: str) -> None:
    """A quoted local part is valid, but no honest one looks like the end of an address."""
    if any(char in text for char in "<>,"):
        raise _Unreadable(Code.FROM_QUOTED_LOCAL)
