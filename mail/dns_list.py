"""What DNS lists say of a client: lists of addresses that somebody keeps in the DNS (RFC 5782)."""

from dataclasses import dataclass

from mail.report import DnsEvidence


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that has the client. `zone` is what it is called, `codes` its answers (such as
    127.0.0.2), `text` its own words or empty, `cure` how to be taken off it."""

    zone: str
    codes: tuple[str, ...]
    text: str
    cure: str


@dataclass(frozen=True, slots=True)
class Listings:
    """What all lists said. `found` are those that have the client, in the order of the
    configuration; `answers` is a word for each list (listed, clean, failed, ignored), and
    `evidence` the answers of the DNS."""

    found: tuple[Listing, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    evidence: tuple[DnsEvidence, ...] = ()


NOT_LISTED = Listings()
