"""What a command line says (RFC 5321 §4.1): pure reading, no state and no decisions.

Stricter than what some peers would like where looseness lets two servers read one line
differently, and as loose as RFC 5321 §4.1.1 asks where that cannot harm: trailing white space,
any case of verbs and keywords, one space after the colon of MAIL and RCPT.
"""

import re
from dataclasses import dataclass

from mail.address import Address, Domain, parse_forward_path, parse_reverse_path
from mail.errors import MailProblem
from mail.reply import Reply, printable

LINE_LIMIT = 512
"""Octets of a command line with its CRLF (RFC 5321 §4.5.3.1.4)."""

PATH_LINE_LIMIT = 2048
"""The same for MAIL and RCPT: long addresses (list servers' tokens) and parameters."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_PATH = re.compile(r' ?(<(?:[^"<>\s]|"(?:[^"\\]|\\.)*")*>)(?: +(.*))?')
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9\-]*)(?:=([\x21-\x3c\x3e-\x7e]+))?")
_SIZE = re.compile(r"[0-9]{1,20}")
_CHUNK = re.compile(r"([0-9]{1,20})( +LAST)?", re.IGNORECASE)
_BODIES = ("7BIT", "8BITMIME", "BINARYMIME")


@dataclass(frozen=True, slots=True)
class Command:
    """A verb in upper case, and what follows it without white space at the end."""

    verb: str
    argument: str


@dataclass(frozen=True, slots=True)
class MailCommand:
    """MAIL FROM: `mail_from` None is the null sender, `size` what was announced (RFC 1870)."""

    mail_from: Address | None
    size: int | None = None
    body: str = "7BIT"
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """BDAT: how many octets follow, and whether they are the last."""

    size: int
    last: bool


def parse_command(line: bytes) -> Command:
    """A line without its CRLF as a command.

    Raises MailProblem 500 5.5.2 for control characters, NUL among them, for what is not UTF-8,
    and for a line that is longer than its verb allows.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MailProblem(Reply(500, "5.5.2", "The line is not UTF-8")) from error
    if _CONTROL.search(text):
        raise MailProblem(Reply(500, "5.5.2", "Control characters are not allowed"))
    verb, _, argument = text.rstrip(" ").partition(" ")
    verb = verb.upper()
    if len(line) + 2 > (PATH_LINE_LIMIT if verb in ("MAIL", "RCPT") else LINE_LIMIT):
        raise MailProblem(line_too_long())
    return Command(verb, argument)


def line_too_long() -> Reply:
    """The answer to a line that no command could be."""
    return Reply(500, "5.5.2", "The line is too long")


def parse_mail(argument: str, *, extended: bool, secure: bool = False) -> MailCommand:
    """The argument of MAIL (RFC 5321 §4.1.1.2; RFC 1870, 6152, 3030, 6531, 8689).

    `extended` is whether the peer said EHLO: without it there are no parameters; `secure` is
    whether TLS is in use: without it there is no REQUIRETLS. Raises
    MailProblem: 501 5.5.4 for bad syntax, 555 5.5.4 for a parameter that we did not offer, and
    what `parse_reverse_path` raises.
    """
    path, words = _path_and_words(argument, "MAIL FROM:<address>", "FROM:")
    known = ("SIZE", "BODY", "SMTPUTF8", *(("REQUIRETLS",) if secure else ()))
    parameters = _parameters(words, extended, known)
    for keyword in ("SMTPUTF8", "REQUIRETLS"):
        if parameters.get(keyword):
            raise _bad_parameter(f"{keyword} has no value")
    smtputf8 = "SMTPUTF8" in parameters
    return MailCommand(
        parse_reverse_path(path, smtputf8=smtputf8),
        _size(parameters.get("SIZE")),
        _body(parameters.get("BODY", "7BIT")),
        smtputf8,
    )


def parse_bdat(argument: str) -> Chunk:
    """The argument of BDAT (RFC 3030 §2). Raises MailProblem 501 5.5.4."""
    match = _CHUNK.fullmatch(argument)
    if match is None:
        raise _bad_parameter("Syntax: BDAT octets [LAST]")
    return Chunk(int(match[1]), match[2] is not None)


def parse_rcpt(argument: str, *, extended: bool, smtputf8: bool, hostname: Domain) -> Address:
    """The argument of RCPT (RFC 5321 §4.1.1.3); no parameter is offered, DSN's among them.

    Raises MailProblem like `parse_mail`.
    """
    path, words = _path_and_words(argument, "RCPT TO:<address>", "TO:")
    _parameters(words, extended, known=())
    return parse_forward_path(path, smtputf8=smtputf8, hostname=hostname)


def _path_and_words(argument: str, syntax: str, keyword: str) -> tuple[str, list[str]]:
    """The path with its brackets, and the parameters as they stand."""
    if argument[: len(keyword)].upper() != keyword:
        raise MailProblem(Reply(501, "5.5.4", f"Syntax: {syntax}"))
    rest = argument[len(keyword) :]
    match = _PATH.fullmatch(rest)
    if match is None:  # the parser of paths has the right words for what is wrong with it
        return rest.strip(" "), []
    return match[1], (match[2] or "").split()


def _parameters(words: list[str], extended: bool, known: tuple[str, ...]) -> dict[str, str]:
    """The parameters by keyword; without a value they are empty."""
    found: dict[str, str] = {}
    for word in words:
        match = _PARAMETER.fullmatch(word)
        if match is None:
            raise _bad_parameter(f"{printable(word, 60)} is not a parameter")
        keyword = match[1].upper()
        if not extended or keyword not in known:
            raise MailProblem(Reply(555, "5.5.4", f"Parameter {keyword[:60]} is not offered"))
        if keyword in found:
            raise _bad_parameter(f"{keyword} stands twice")
        found[keyword] = match[2] or ""
    return found


def _size(value: str | None) -> int | None:
    """RFC 1870 §5: up to 20 digits."""
    if value is None:
        return None
    if _SIZE.fullmatch(value) is None:
        raise _bad_parameter("SIZE must be a number of up to 20 digits")
    return int(value)


def _body(value: str) -> str:
    word = value.upper()
    if word not in _BODIES:
        raise _bad_parameter("BODY must be 7BIT, 8BITMIME or BINARYMIME")
    return word


def _bad_parameter(reason: str) -> MailProblem:
    return MailProblem(Reply(501, "5.5.4", reason))
