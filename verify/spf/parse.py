"""Reads an SPF record by the grammar of RFC 7208 §12, and by nothing else.

    record     = version terms *SP
    version    = "v=spf1"
    terms      = *( 1*SP ( directive / modifier ) )
    directive  = [ qualifier ] mechanism
    mechanism  = all / include / a / mx / ptr / ip4 / ip6 / exists
    modifier   = redirect / explanation / unknown-modifier

A syntax error anywhere makes the whole record an error before anything of it is evaluated
(§4.6). pyspf is laxer in places and stricter in others (it refuses repeated unknown modifiers,
which §6 asks to ignore), so it is given none.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from mail.reason import ReasonCode as Code
from mail.reason import ReasonedError
from mail.reply import printable
from verify.answer import TEXT_LIMIT
from verify.spf.macros import Macro, MacroString, parse_domain_spec, parse_macro_string

_IS_SPF = re.compile(rb"v=spf1(?: |\Z)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9\-_.]*)=(.*)", re.IGNORECASE | re.DOTALL)
_DIRECTIVE = re.compile(r"([+\-?~]?)([a-z0-9]+)([:/].*)?", re.IGNORECASE | re.DOTALL)
_LENGTH = r"(0|[1-9][0-9]{0,2})"
_DUAL_LENGTH = re.compile(rf"(?:/{_LENGTH})?(?://{_LENGTH})?\Z")
_IP_NETWORK = re.compile(rf":([0-9a-f.:]+)(?:/{_LENGTH})?", re.IGNORECASE)

QUALIFIERS = {"": "pass", "+": "pass", "-": "fail", "?": "neutral", "~": "softfail"}
OWN_DOMAIN: MacroString = (Macro("d"),)
"""The domain-spec of a mechanism that has none: the domain whose record it stands in."""

CACHED_LENGTH = 1024
"""Octets of a record that is remembered in its parsed form; real ones have some 200."""

CACHED_PARTS = 64
"""Terms and macros of such a record. Each takes some hundred octets, and five hundred fit into a
kilobyte; real ones have some ten."""


@dataclass(frozen=True, slots=True)
class Term:
    """One directive.

    `text` is how it stands in the record, made printable; `target` is the domain-spec of the
    mechanisms that ask the DNS; `network` is what ip4 and ip6 match; `lengths` are the prefix
    lengths for IPv4 and IPv6 of a and mx. `fixed_target` is the name that it asks for, where no
    macro stands in it; `names_local_part` says that the macros s or l do.
    """

    text: str
    qualifier: str
    mechanism: str
    target: MacroString = ()
    network: IPv4Network | IPv6Network | None = None
    lengths: tuple[int, int] = (32, 128)
    fixed_target: str | None = field(init=False, default=None)
    names_local_part: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        macros = [piece for piece in self.target if isinstance(piece, Macro)]
        if self.target and not macros:
            object.__setattr__(self, "fixed_target", "".join(map(str, self.target)))
        if any(macro.letter in "sl" for macro in macros):
            object.__setattr__(self, "names_local_part", True)

    @property
    def result(self) -> str:
        """The result word when it matches (RFC 7208 §4.6.2)."""
        return QUALIFIERS[self.qualifier]


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record: its directives in order, and the domain-specs of its two modifiers."""

    terms: tuple[Term, ...]
    redirect: MacroString = ()
    explanation: MacroString = ()


def select_record(texts: Iterable[bytes]) -> bytes | None:
    """The one SPF record among TXT records (RFC 7208 §4.5); None if there is none.

    Raises ReasonedError if there are several.
    """
    found = [text for text in texts if _IS_SPF.match(text)]
    if len(found) > 1:
        raise ReasonedError(Code.SPF_SEVERAL, len(found))
    return found[0] if found else None


def parse_record(record: bytes) -> Record:
    """The parsed record. Raises ReasonedError naming the term that is wrong (RFC 7208 §4.6), or
    for a record of more than TEXT_LIMIT octets."""
    if len(record) > TEXT_LIMIT:
        raise ReasonedError(Code.SPF_TOO_LONG, TEXT_LIMIT)
    is_usual = len(record) <= CACHED_LENGTH and _parts(record) <= CACHED_PARTS
    return _parse_cached(record) if is_usual else _parse(record)


def _parts(record: bytes) -> int:
    """How many terms and macros there may be, at most."""
    return record.count(b" ") + record.count(b"%")


def _parse(record: bytes) -> Record:
    try:
        text = record.decode("ascii")
    except UnicodeDecodeError:
        raise ReasonedError(Code.SPF_NOT_ASCII) from None
    terms: list[Term] = []
    modifiers: dict[str, MacroString] = {}
    for word in filter(None, text[len("v=spf1") :].split(" ")):
        try:
            _read_word(word, terms, modifiers)
        except ReasonedError as error:
            raise ReasonedError(Code.SPF_WORD, printable(word, 60), error.reason) from error
    if any(term.mechanism == "all" for term in terms):
        modifiers.pop("redirect", None)  # RFC 7208 §5.1: beside all, any redirect is ignored
    return Record(tuple(terms), modifiers.get("redirect", ()), modifiers.get("exp", ()))


_parse_cached = lru_cache(maxsize=1024)(_parse)


def _read_word(word: str, terms: list[Term], modifiers: dict[str, MacroString]) -> None:
    if modifier := _MODIFIER.fullmatch(word):
        _read_modifier(modifiers, modifier[1].lower(), modifier[2])
    else:
        terms.append(_read_directive(word))


def _read_modifier(modifiers: dict[str, MacroString], name: str, value: str) -> None:
    """RFC 7208 §6: redirect and exp once each; all others are ignored, however often."""
    if name not in ("redirect", "exp"):
        parse_macro_string(value)
    elif name in modifiers:
        raise ReasonedError(Code.SPF_MODIFIER_TWICE, name)
    else:
        modifiers[name] = parse_domain_spec(value)


def _read_directive(word: str) -> Term:
    match = _DIRECTIVE.fullmatch(word)
    if match is None:
        raise ReasonedError(Code.SPF_NEITHER)
    qualifier, name, rest = match[1], match[2].lower(), match[3] or ""
    if name not in _READERS:
        raise ReasonedError(Code.SPF_MECHANISM)
    return _READERS[name](Term(printable(word, 100), qualifier, name), rest)


def _read_all(term: Term, rest: str) -> Term:
    """RFC 7208 §5.1."""
    if rest:
        raise ReasonedError(Code.SPF_ALL)
    return term


def _read_named(term: Term, rest: str) -> Term:
    """RFC 7208 §5.2 include and §5.7 exists: a domain-spec, and nothing behind it."""
    if not rest.startswith(":"):
        raise ReasonedError(Code.SPF_DOMAIN_MISSING)
    return replace(term, target=parse_domain_spec(rest[1:]))


def _read_ptr(term: Term, rest: str) -> Term:
    """RFC 7208 §5.5: the domain-spec may be missing."""
    return _read_named(term, rest) if rest else replace(term, target=OWN_DOMAIN)


def _read_hosts(term: Term, rest: str) -> Term:
    """RFC 7208 §5.3 a and §5.4 mx: [":" domain-spec] [dual-cidr-length]."""
    match = _DUAL_LENGTH.search(rest)
    assert match is not None
    lengths = int(match[1] or 32), int(match[2] or 128)
    if lengths[0] > 32 or lengths[1] > 128:
        raise ReasonedError(Code.SPF_PREFIX)
    return replace(_read_ptr(term, rest[: match.start()]), lengths=lengths)


def _read_network(term: Term, rest: str) -> Term:
    """RFC 7208 §5.6 ip4 and ip6."""
    match = _IP_NETWORK.fullmatch(rest)
    if match is None:
        raise ReasonedError(Code.SPF_NETWORK)
    try:
        address = (IPv4Address if term.mechanism == "ip4" else IPv6Address)(match[1])
    except ValueError as error:
        raise ReasonedError(Code.SPF_ADDRESS, str(error)) from error
    length = int(match[2] or address.max_prefixlen)
    if length > address.max_prefixlen:
        raise ReasonedError(Code.SPF_PREFIX)
    return replace(term, network=ip_network((address, length), strict=False))


_READERS: dict[str, Callable[[Term, str], Term]] = {
    "all": _read_all,
    "include": _read_named,
    "exists": _read_named,
    "ptr": _read_ptr,
    "a": _read_hosts,
    "mx": _read_hosts,
    "ip4": _read_network,
    "ip6": _read_network,
}
