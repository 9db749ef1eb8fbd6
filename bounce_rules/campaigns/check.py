"""What is wrong with a sample of a mailing, before it goes to thousands.

Answers come home if they are sent to a reply domain of ours, and are understood if they say what
they answer. Who reads the header of one sample can tell most of that beforehand. Nothing is asked
of the DNS: a sample is often taken before it was sent, and so not signed yet.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bounce_rules.campaigns.personal import personal_domains
from mail.address import Address, parse_address
from mail.campaign import read_tag
from mail.message import Message
from mail.reply_address import ReplyKey, claimed, read

_LONGEST = 2000
_MOST_FIELDS = 20


class Level(StrEnum):
    """How much a finding matters."""

    BAD = "bad"
    """Answers are lost, or the mailing is refused."""
    WARN = "warn"
    """Something that could be better."""
    GOOD = "good"
    """As it should be."""


@dataclass(frozen=True, slots=True)
class SampleFinding:
    """One thing that was found: its code, how much it matters, and the values of its sentences.

    The sentences themselves are the languages' business.
    """

    code: str
    level: Level
    values: Mapping[str, str] = field(default_factory=dict)


def check_sample(
    message: Message, domains: Collection[str], keys: Sequence[ReplyKey] | None = None
) -> tuple[SampleFinding, ...]:
    """Everything that can be said of the sample, the worst first. Never raises for what it says.

    `domains` are the reply domains, in A-labels; with `keys` signed addresses are verified.
    """
    found = [
        *_author(message),
        *_reply_address(message, frozenset(domains), keys),
        *_message_id(message),
        *_unsubscribing(message),
    ]
    order = list(Level)
    return tuple(sorted(found, key=lambda one: order.index(one.level)))


def _author(message: Message) -> Iterator[SampleFinding]:
    authors = _addresses(message, "from")
    if not authors:
        yield SampleFinding("no_from", Level.BAD)
        return
    if len({one.domain for one in authors}) > 1:
        yield SampleFinding("several_from", Level.BAD)
        return
    domain = authors[0].domain.ascii
    if domain in personal_domains():
        yield SampleFinding("from_personal", Level.BAD, {"domain": domain})
        return
    signers = [_tag(value, "d") for value in _values(message, "dkim-signature")]
    if not signers:
        yield SampleFinding("unsigned", Level.WARN, {"domain": domain})
    elif not any(_is_aligned(one, domain) for one in signers):
        values = {"domain": domain, "signer": signers[0]}
        yield SampleFinding("not_aligned", Level.BAD, values)
    else:
        yield SampleFinding("aligned", Level.GOOD, {"domain": domain})


def _is_aligned(signer: str, domain: str) -> bool:
    """Relaxed alignment (RFC 9989) as far as names alone tell: one is the other, or above it."""
    return bool(signer) and (f".{signer}".endswith(f".{domain}") or domain.endswith(f".{signer}"))


def _reply_address(
    message: Message, domains: frozenset[str], keys: Sequence[ReplyKey] | None
) -> Iterator[SampleFinding]:
    """Where an answer goes: to Reply-To if there is one, else to the author (RFC 5322 §3.6.2)."""
    replies = _addresses(message, "reply-to")
    answered = replies or _addresses(message, "from")
    ours = [one for one in answered if one.domain.ascii in domains]
    for one in answered:
        if one not in ours:
            yield _outside(one, bool(replies))
    for one in ours:
        yield _ours(one, keys)


def _outside(address: Address, is_reply_to: bool) -> SampleFinding:
    values = {"address": str(address), "domain": address.domain.ascii}
    if not is_reply_to:
        return SampleFinding("no_reply_to", Level.BAD, values)
    personal = address.domain.ascii in personal_domains()
    return SampleFinding("reply_to_personal" if personal else "reply_to_outside", Level.BAD, values)


def _ours(address: Address, keys: Sequence[ReplyKey] | None) -> SampleFinding:
    values = {"address": str(address)}
    if claimed(str(address)) is None:
        tagged = bool(read_tag(str(address), is_ours=True))
        code = "reply_to_tagged" if tagged else "reply_to_plain"
        return SampleFinding(code, Level.GOOD if tagged else Level.WARN, values)
    if keys is not None and read(keys, address) is None:
        return SampleFinding("reply_to_forged", Level.BAD, values)
    return SampleFinding("reply_to_signed", Level.GOOD, values)


def _message_id(message: Message) -> Iterator[SampleFinding]:
    found = (message.message_id or "").strip()
    if not found:
        yield SampleFinding("no_message_id", Level.BAD)
    elif not (found.startswith("<") and found.endswith(">") and "@" in found):
        yield SampleFinding("bad_message_id", Level.BAD, {"id": found[:200]})
    else:
        yield SampleFinding("message_id", Level.GOOD, {"id": found[:200]})


def _unsubscribing(message: Message) -> Iterator[SampleFinding]:
    """RFC 2369 §3.2 and RFC 8058; large receivers ask for both."""
    ways = " ".join(_values(message, "list-unsubscribe")).lower()
    if not ways.strip():
        yield SampleFinding("no_unsubscribe", Level.WARN)
    elif "https://" not in ways or not _values(message, "list-unsubscribe-post"):
        yield SampleFinding("no_one_click", Level.WARN)
    else:
        yield SampleFinding("unsubscribe", Level.GOOD)


def _values(message: Message, name: str) -> list[str]:
    return [
        one.value[:_LONGEST].decode("utf-8", "replace")
        for one in message.headers
        if one.key == name
    ][:_MOST_FIELDS]


def _addresses(message: Message, name: str) -> list[Address]:
    """The addresses of a field, as far as they are any; names in quotes may have commas."""
    found = []
    for value in _values(message, name):
        pieces = value.split("<")
        texts = [piece.partition(">")[0] for piece in pieces[1:]] or value.split(",")
        for text in texts:
            try:
                found.append(parse_address(text.strip()))
            except ValueError:
                continue
    return found


def _tag(value: str, name: str) -> str:
    """A tag of a DKIM-Signature field (RFC 6376 §3.2), in lower case."""
    for piece in value.split(";"):
        key, equals, text = piece.partition("=")
        if equals and key.strip() == name:
            return "".join(text.split()).lower()
    return ""
