"""What somebody who looks for a message has in hand: pure reading of the text that they paste.

It may be an id of ours, a Message-ID with or without its brackets, an address, a domain, a
client's address, or a whole header block or returned mail with some of these in it.
"""

import ipaddress
import re
from dataclasses import dataclass

from mail.address import parse_domain
from store.columns import storable

TEXT_LIMIT = 64 * 1024
"""Characters of a pasted text that are looked at."""

_MOST = 50
_ID = re.compile(r"(?<![0-9A-Za-z])[0-7][0-9A-HJKMNP-TV-Z]{25}(?![0-9A-Za-z])", re.IGNORECASE)
_MESSAGE_ID_FIELD = re.compile(
    r"^(?:resent-|original-|x-original-)?message-id[ \t]*:\s*([^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_BRACKETED = re.compile(r"<[^<>\s]{1,996}>")


@dataclass(frozen=True, slots=True)
class Clues:
    """What to look for: any of these fits. `addresses` and `domains` are in lower case."""

    ids: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()


def clues_of(text: str) -> Clues:
    """Read what was pasted. Empty clues where it tells nothing."""
    text = storable(text, TEXT_LIMIT).strip()
    if re.search(r"\s", text):
        return _of_block(text)
    return _of_word(text)


def _of_block(text: str) -> Clues:
    """A header block, a bounce, a log line: its ids of both kinds."""
    named = [
        found
        for value in _MESSAGE_ID_FIELD.findall(text)
        for found in (_BRACKETED.findall(value) or [value.strip()])
    ]
    loose = [] if named else [one for one in _BRACKETED.findall(text) if "@" in one]
    return Clues(ids=_ids(text), message_ids=_first(named or loose))


def _of_word(word: str) -> Clues:
    if _ID.fullmatch(word.strip("[]")):
        return Clues(ids=_ids(word))
    client = _client(word)
    if client is not None:
        return Clues(clients=(client,))
    bare = word.strip("<>")
    if word.startswith("@") or ("@" not in word and "<" not in word):
        domain = _domain(bare.lstrip("@"))
        return Clues(message_ids=_spellings(bare), domains=(domain,) if domain else ())
    return Clues(message_ids=_spellings(bare), addresses=_address(bare))


def _ids(text: str) -> tuple[str, ...]:
    return _first([found.upper() for found in _ID.findall(text)])


def _first(found: list[str]) -> tuple[str, ...]:
    """Each once, and not more than a query can carry."""
    return tuple(dict.fromkeys(one for one in found if one))[:_MOST]


def _spellings(bare: str) -> tuple[str, ...]:
    return (f"<{bare}>", bare) if bare else ()


def _client(word: str) -> str | None:
    """A client's address, also as an address literal (RFC 5321 §4.1.3)."""
    bare = word.strip("[]")
    if bare.lower().startswith("ipv6:"):
        bare = bare[5:]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def _address(bare: str) -> tuple[str, ...]:
    """As the store keeps it: lower case, the domain in A-labels."""
    local, _, domain = bare.rpartition("@")
    known = _domain(domain)
    return (f"{local}@{known}".lower(),) if local and known else ()


def _domain(text: str) -> str | None:
    try:
        return parse_domain(text).ascii
    except ValueError:
        return None
