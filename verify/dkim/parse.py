"""A DKIM-Signature field read into a value, or the reason why it cannot be one (RFC 6376 §3.5).

A signature says who signs (d=, s=), how (a=, c=), what (h=, bh=, l=) and until when (t=, x=). All
that can be judged without DNS is judged here; `read_signature` never raises, because a bad
signature is a result like any other and must not keep a good one beside it from counting.

ARC signs with the same tags but for a few (RFC 8617 §4.1), so the parts are read by functions
that `verify.arc.parse` uses too.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from mail.address import Domain, parse_domain
from mail.message import Header
from mail.reason import Reason, ReasonedError, because
from mail.reason import ReasonCode as Code
from mail.reply import printable
from mail.report import DkimResult, DkimWord
from verify.dkim.canonical import BodyScope, Form
from verify.dkim.tags import TagList, decode_base64, parse_tags, split_list
from verify.remembered import remembered

FIELD_LIMIT = 16384
"""Octets of a signature field. Real ones stay under 3 KB, even with a 4096-bit key."""

EXPIRY_GRACE = timedelta(minutes=5)
"""Clocks differ: x= counts as past only then (RFC 6376 §3.5 allows such a fudge factor)."""

FUTURE_GRACE = timedelta(days=1)
"""Further in the future than this, t= is not a clock that runs fast (RFC 6376 §3.5, t=)."""

_NAME = re.compile(rb"[\x21-\x39\x3c-\x7e]+")
_SECONDS = re.compile(rb"[0-9]{1,12}")
_LENGTH = re.compile(rb"[0-9]{1,76}")
_ENCODED_OCTET = re.compile(rb"=([0-9A-F]{2})")
_DOMAIN_LIMIT = 1000
_SHA256_OCTETS = 32


class Algorithm(StrEnum):
    """The algorithms that count (RFC 8301 §3.1, RFC 8463 §3)."""

    RSA_SHA256 = "rsa-sha256"
    ED25519_SHA256 = "ed25519-sha256"

    @property
    def key_type(self) -> str:
        """The k= of a key record that belongs to it."""
        return self.value.partition("-")[0]


class SignatureProblem(Exception):
    """Why a signature is worth nothing; becomes a result, never leaves the check."""

    def __init__(self, word: DkimWord, cause: Reason) -> None:
        super().__init__(str(cause))
        self.word = word
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, and the signature itself: the tags a=, b=, d= and s= of `field`."""

    field: Header
    algorithm: Algorithm
    domain: Domain
    selector: str
    value: bytes

    @property
    def key_name(self) -> str:
        """Where the key is published (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is signed: c=, h= (lower case, in order), bh= and l=."""

    header_form: Form
    scope: BodyScope
    fields: tuple[str, ...]
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature. `identity_domain` is the domain of i=; times are aware, or None."""

    signer: Signer
    coverage: Coverage
    identity_domain: Domain
    signed_at: datetime | None
    expires_at: datetime | None


def permanent(code: Code, *values: str | int | Reason) -> SignatureProblem:
    """PERMFAIL of RFC 6376 §3.9: it will be so at every other time, too."""
    return SignatureProblem(DkimWord.PERMERROR, because(code, *values))


def ignored(code: Code, *values: str | int) -> SignatureProblem:
    """What RFC 6376 says that verifiers must ignore."""
    return SignatureProblem(DkimWord.NEUTRAL, because(code, *values))


def spoilt(result: DkimResult, problem: SignatureProblem) -> DkimResult:
    """The result of a signature with that problem."""
    return replace(result, result=problem.word, reason=str(problem.cause), cause=problem.cause)


def read_signature(field: Header) -> tuple[DkimResult, Signature | None]:
    """The signature in `field`, and a result that names it.

    Where there is no signature, that result is final. Never raises.
    """
    result = DkimResult(DkimWord.NEUTRAL, "", "", "", "")
    try:
        tags = read_tags(field)
        result = _labelled(tags)
        return result, _signature(field, tags)
    except SignatureProblem as problem:
        return spoilt(result, problem), None


def read_tags(field: Header) -> TagList:
    """The tags of a signature field. Raises SignatureProblem."""
    if len(field.raw) > FIELD_LIMIT:
        raise permanent(Code.FIELD_TOO_LONG, FIELD_LIMIT)
    try:
        return parse_tags(field.raw.partition(b":")[2])
    except ReasonedError as error:
        raise permanent(Code.UNREADABLE, error.reason) from error


def _labelled(tags: TagList) -> DkimResult:
    """The names of a signature as far as they are names, for a report of whatever it is worth."""
    return DkimResult(
        DkimWord.NEUTRAL,
        reason="",
        domain=_name_or_nothing(tags.get(b"d", b"")),
        selector=_name_or_nothing(tags.get(b"s", b"")),
        algorithm=_shown(tags.get(b"a", b"")),
        identity=_shown(tags.get(b"i", b"")),
        signature=_shown(tags.get(b"b", b"").translate(None, b" \t\r\n")[:8]),
    )


def _shown(value: bytes) -> str:
    return printable(value.decode("utf-8", "replace"), 320)


def _name_or_nothing(value: bytes) -> str:
    try:
        return _parse_name(value).ascii
    except ValueError:
        return ""


@remembered(entries=4096, length=255)
def _parse_name(value: bytes) -> Domain:
    """A DNS name, perhaps with U-labels (RFC 8616 §4); no address literal, no final dot."""
    if len(value) > _DOMAIN_LIMIT or value.startswith(b"[") or value.endswith(b"."):
        raise ValueError("not a domain name")
    return parse_domain(value.decode("utf-8"))


def require(tags: TagList, *names: str) -> None:
    """RFC 6376 §6.1.1: a signature without a required tag is no signature."""
    missing = [name for name in names if name.encode("ascii") not in tags]
    if missing:
        raise permanent(Code.TAG_MISSING, missing[0])


def read_signer(field: Header, tags: TagList) -> Signer:
    """a=, b=, d= and s=, which all signatures of DKIM and ARC have. Raises SignatureProblem."""
    require(tags, "a", "b", "d", "s")
    algorithm = _algorithm(tags[b"a"])
    domain = _domain("d", tags[b"d"])
    selector = _domain("s", tags[b"s"])
    if "." not in domain.ascii:
        raise permanent(Code.SINGLE_LABEL)
    signer = Signer(field, algorithm, domain, selector.ascii, _octets("b", tags[b"b"]))
    if len(signer.key_name) > 253:
        raise permanent(Code.KEY_NAME_TOO_LONG)
    return signer


def _algorithm(value: bytes) -> Algorithm:
    if value == b"rsa-sha1":
        raise permanent(Code.SHA1)
    try:
        return Algorithm(value.decode("ascii", "replace"))
    except ValueError:
        raise ignored(Code.ALGORITHM, repr(_shown(value))) from None


def _domain(tag: str, value: bytes) -> Domain:
    try:
        return _parse_name(value)
    except ValueError:
        raise permanent(Code.TAG_NOT_DOMAIN, tag) from None


def _octets(tag: str, value: bytes) -> bytes:
    try:
        octets = decode_base64(value)
    except ValueError as error:
        raise permanent(Code.TAG_NOT_BASE64, tag) from error
    if not octets:
        raise permanent(Code.TAG_EMPTY, tag)
    return octets


def read_coverage(tags: TagList, fields: tuple[str, ...], default_form: bytes) -> Coverage:
    """bh=, c= and l= beside the signed `fields`. Raises SignatureProblem."""
    require(tags, "bh")
    header_form, body_form = _forms(tags.get(b"c", default_form))
    scope = BodyScope(body_form, _number("l", tags, _LENGTH))
    body_hash = _octets("bh", tags[b"bh"])
    if len(body_hash) != _SHA256_OCTETS:
        raise SignatureProblem(DkimWord.FAIL, because(Code.BODY_HASH_LENGTH))
    return Coverage(header_form, scope, fields, body_hash)


@remembered(entries=64, length=32)
def _forms(value: bytes) -> tuple[Form, Form]:
    """c= as header/body; a single word is the header's, and the body is simple then."""
    header, slash, body = value.partition(b"/")
    try:
        return Form(header.decode("ascii")), Form(body.decode("ascii") if slash else "simple")
    except ValueError:
        raise ignored(Code.CANONICALIZATION, repr(_shown(value))) from None


def _number(tag: str, tags: TagList, grammar: re.Pattern[bytes]) -> int | None:
    value = tags.get(tag.encode("ascii"))
    if value is None:
        return None
    if grammar.fullmatch(value) is None:
        raise permanent(Code.TAG_NOT_NUMBER, tag)
    return int(value)


def read_time(tag: str, tags: TagList) -> datetime | None:
    """t= or x= (seconds since 1970, at most twelve digits). Raises SignatureProblem."""
    seconds = _number(tag, tags, _SECONDS)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def _signature(field: Header, tags: TagList) -> Signature:
    require(tags, "v", "a", "b", "bh", "d", "h", "s")
    if tags[b"v"] != b"1":
        raise permanent(Code.VERSION)
    signer = read_signer(field, tags)
    coverage = read_coverage(tags, _signed_fields(tags[b"h"]), b"simple/simple")
    if b"dns/txt" not in split_list(tags.get(b"q", b"dns/txt")):
        raise ignored(Code.QUERY_METHOD)
    signed_at, expires_at = read_time("t", tags), read_time("x", tags)
    if signed_at is not None and expires_at is not None and expires_at <= signed_at:
        raise permanent(Code.TIMES)
    identity = _identity_domain(tags[b"i"], signer.domain) if b"i" in tags else signer.domain
    return Signature(signer, coverage, identity, signed_at, expires_at)


@remembered(entries=1024, length=512)
def _signed_fields(value: bytes) -> tuple[str, ...]:
    """h=: at least one name, and From among them (RFC 6376 §3.5, §5.4)."""
    names = split_list(value)
    if any(_NAME.fullmatch(name) is None for name in names):
        raise permanent(Code.SIGNED_FIELDS)
    fields = tuple(name.decode("ascii").lower() for name in names)
    if "from" not in fields:
        raise permanent(Code.FROM_NOT_SIGNED)
    return fields


def _identity_domain(value: bytes, domain: Domain) -> Domain:
    """The domain of i=, which must be d= or lie below it (RFC 6376 §3.5, §6.1.1)."""
    decoded = _ENCODED_OCTET.sub(lambda code: bytes([int(code[1], 16)]), re.sub(rb"\s", b"", value))
    _, at, name = decoded.rpartition(b"@")
    if not at:
        raise permanent(Code.IDENTITY)
    identity = _domain("i", name)
    if not identity.is_within(domain):
        raise permanent(Code.IDENTITY_OUTSIDE)
    return identity


def check_times(signed_at: datetime | None, expires_at: datetime | None, now: datetime) -> None:
    """Raise SignatureProblem for a signature that has expired or was not made yet."""
    if expires_at is not None and now - EXPIRY_GRACE > expires_at:
        raise permanent(Code.EXPIRED, f"{expires_at:%Y-%m-%d %H:%M:%S}")
    if signed_at is not None and now + FUTURE_GRACE < signed_at:
        raise permanent(Code.FUTURE)
