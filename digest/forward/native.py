"""Forwards by a mail system: what the envelope's sender and the header say of the way.

Who forwards leaves From, To and Message-ID alone. The mailbox that did is named by the rewritten
sender (SRS, Gmail's `+caf_=`), by fields of its own, by Resent-From (RFC 5322 §3.6.6), or only by
where the message was delivered before it came to us. A sign that names its author is none: people
write to others from the mailboxes where they live.
"""

import re
from collections.abc import Iterator
from itertools import islice

from digest.forward.rules import Tells, shipped_rules
from digest.forward.value import Forward, Kind, Mail, addresses_in, domain_of, is_among, same
from digest.written.block import ADDRESS
from mail.address import Address, parse_address
from mail.forward import Rewriting, read_sender

_HOPS = 30
_VIA = re.compile(r"\bvia\b", re.IGNORECASE)
_SEALER = re.compile(rb"(?:^|[;\s])d=([^;\s]{1,253})")
_BY = re.compile(rb"\bby\s{1,4}([a-zA-Z0-9.\-]{1,253})")
_FOR = re.compile(rb"\sfor\s{1,4}<?([^\s<>;()]{3,320}@[^\s<>;()]{1,253})")


def read_native(mail: Mail) -> Forward | None:
    """How the message was passed on by itself, if it was."""
    way = _Way(mail)
    forwarder = way.forwarder()
    if forwarder is None:
        return None
    return Forward(
        kind=Kind.NATIVE,
        forwarder=forwarder or None,
        original_sender=author_of(mail, forwarder) or way.claimed_sender() or None,
        original_recipient=_recipient(mail, forwarder, way),
        original_message_id=message_id_of(mail),
    )


def author_of(mail: Mail, passed_by: str) -> str:
    """Who wrote it, also where From was rewritten to whom passed it on."""
    for field in shipped_rules().named(Tells.AUTHOR):
        for address in addresses_in(mail.fields.first(field.name) or b""):
            if not is_among(address, (passed_by, *mail.rcpt)):
                return address
    named = _named_via(mail)
    if named:
        return named
    if mail.author_address and not same(mail.author_address, passed_by):
        return mail.author_address
    others = (one for one in mail.addresses("reply-to") if not same(one, passed_by))
    return next(others, mail.author_address)


def _named_via(mail: Mail) -> str:
    """The author in "li@example.com via Shop", which relays write; other names prove nothing."""
    name = (mail.author.name if mail.author else None) or ""
    found = ADDRESS.search(name) if "@" in name and _VIA.search(name) else None
    return found[0] if found else ""


def message_id_of(mail: Mail) -> str | None:
    """The original's Message-ID; its own, unless a field says that it was replaced."""
    for field in shipped_rules().named(Tells.IDENTIFIER):
        value = mail.fields.first(field.name)
        if value is not None and b"@" in value and field.name != "x-forwarded-message-id":
            return value[:1000].decode("utf-8", "replace").strip()
    return mail.message_id


class _Way:
    """What one message says of its way."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.ours = {address.lower() for address in mail.rcpt}
        self.our_domains = {domain_of(address) for address in mail.rcpt}
        self.rewritten = tuple(self._rewritten())

    def forwarder(self) -> str | None:
        """The mailbox or domain that forwarded; "" if nobody is named, None if nobody did."""
        found = self._named()
        is_author = same(found, self.mail.author_address)
        if found is not None and not is_author:
            return found
        for rewriting, forwarder, *_ in self.rewritten:
            if rewriting in (Rewriting.SRS0, Rewriting.SRS1):
                return self._within(forwarder)
            if rewriting is not Rewriting.NONE and forwarder:
                return self._bounces(forwarder)
        if not is_author and self._signed():
            return next(self._stations(), "")
        return self._delivered_elsewhere()

    def claimed_sender(self) -> str:
        """The sender that SRS holds, for a message without an author."""
        return next((original for _, _, original, *_ in self.rewritten if original), "")

    def mailboxes(self) -> tuple[str, ...]:
        """Where it was delivered, the last station first, without the envelope's recipients."""
        return tuple(self._mailboxes(strong=True)) + tuple(self._mailboxes(strong=False))

    def _rewritten(self) -> Iterator[tuple[Rewriting, str, str, str, bool]]:
        senders = [self.mail.mail_from or ""]
        for value in islice(self.mail.fields.all("return-path"), _HOPS):
            senders += addresses_in(value)
        for sender in dict.fromkeys(senders):
            if "=" not in sender:  # no way of rewriting does without
                continue
            found = read_sender(_address(sender))
            if found[0] is not Rewriting.NONE:
                yield found

    def _named(self) -> str | None:
        """Who forwarded, by a sender or a field that names the mailbox itself."""
        for rewriting, forwarder, *_ in self.rewritten:
            if rewriting is Rewriting.CAF and forwarder:
                return forwarder
        for field in shipped_rules().named(Tells.PASSED, Tells.FORWARDER):
            for address in addresses_in(self.mail.fields.first(field.name) or b""):
                if address.lower() not in self.ours:
                    return address
        for name in ("resent-from", "resent-sender"):
            for address in self.mail.addresses(name):
                return address
        return None

    def _signed(self) -> bool:
        """Whether a system that only forwards says so, without a name."""
        rules = shipped_rules()
        fields = self.mail.fields
        named = rules.named(Tells.SIGN, Tells.DESTINATION, Tells.MAILBOX)
        if any(field.name in fields for field in named if field.strong):
            return True
        if "resent-to" in fields:
            return True
        sealed = (_SEALER.search(value) for value in islice(fields.all("arc-seal"), _HOPS))
        return any(
            found is not None and found[1].decode("latin-1").lower() in rules.sealers
            for found in sealed
        )

    def _within(self, domain: str) -> str:
        """The mailbox of a domain that is known to have forwarded, or the domain."""
        domain = domain.lower()
        stations = list(self._stations())
        for one in stations:
            if domain_of(one) == domain:
                return one
        for one in stations:  # srs.example.com forwards for example.com
            if domain.endswith("." + domain_of(one)):
                return one
        taken = (one for one in self._taken_by(domain) if one in stations)
        return next(taken, None) or next(self._addressed(), domain)

    def _addressed(self) -> Iterator[str]:
        """Mailboxes that the author wrote to and that it lay in: a provider rewrites the sender in
        a name of its own, whosever domain it forwards for."""
        named = self.mail.addresses("to", "cc")
        return (one for one in self.mailboxes() if is_among(one, named))

    def _taken_by(self, host: str) -> Iterator[str]:
        """For whom a host took the message: providers rewrite in the name of a host of theirs."""
        for value in islice(self.mail.fields.all("received"), _HOPS):
            by, match = _BY.search(value[:2000]), _FOR.search(value[:2000])
            if by is None or match is None:
                continue
            name = by[1].decode("latin-1").lower()
            if name == host or name.endswith("." + host):
                yield match[1].decode("utf-8", "replace")

    def _bounces(self, forwarder: str) -> str:
        """Microsoft's relay names no mailbox: then somebody of that domain."""
        local, _, domain = forwarder.partition("@")
        return self._within(domain) if local == "bounces" else forwarder

    def _stations(self) -> Iterator[str]:
        """Mailboxes that it can have come through, the likeliest first."""
        author = self.mail.author_address
        found = (*self.mailboxes(), *self._received_for(), *self.mail.addresses("to", "cc"))
        for address in dict.fromkeys(found):
            if address.lower() not in self.ours and not same(address, author):
                yield address

    def _mailboxes(self, *, strong: bool) -> Iterator[str]:
        for field in shipped_rules().named(Tells.MAILBOX):
            if field.strong is strong and field.name in self.mail.fields:
                for value in islice(self.mail.fields.all(field.name), _HOPS):
                    for address in addresses_in(value):
                        if address.lower() not in self.ours:
                            yield address

    def _received_for(self) -> Iterator[str]:
        for value in islice(self.mail.fields.all("received"), _HOPS):
            match = _FOR.search(value[:2000])
            if match is not None:
                yield match[1].decode("utf-8", "replace")

    def _delivered_elsewhere(self) -> str | None:
        """A mailbox of somebody else in which it lay before it came to us."""
        author = domain_of(author_of(self.mail, ""))
        lain = self.mailboxes()
        if not self.ours:
            chain = [
                one for value in self.mail.fields.all("delivered-to") for one in addresses_in(value)
            ]
            domains = list(dict.fromkeys(map(domain_of, chain)))
            if len(domains) < 2:
                return None
            return next((one for one in chain if domain_of(one) == domains[1]), None)
        for address in lain:
            if domain_of(address) not in self.our_domains | {author}:
                return address
        named = self.mail.addresses("to", "cc")
        if any(one.lower() in self.ours for one in named):
            return None
        for address in self._received_for():
            elsewhere = domain_of(address) not in self.our_domains | {author}
            if elsewhere and is_among(address, named):
                return address
        return None


def _recipient(mail: Mail, forwarder: str, way: _Way) -> str | None:
    """Whom the author wrote to: the forwarder, or whoever of that house To and Cc name."""
    named = mail.addresses("to", "cc")
    lain = way.mailboxes()
    for wanted in (
        (one for one in named if same(one, forwarder)),
        (one for one in named if domain_of(one) == domain_of(forwarder)),
        (one for one in named if is_among(one, lain)),
        (one for one in named if one.lower() not in way.ours),
        reversed(lain),
        (one for one in (forwarder,) if "@" in one),
    ):
        found = next(iter(wanted), None)
        if found is not None:
            return found
    return next(iter(named), None)


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except ValueError:
        return None
