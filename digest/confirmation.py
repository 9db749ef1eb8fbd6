"""A provider asks whether mail may be forwarded to us: who asked, the code, and the link.

What confirms a forwarding is a key to somebody's mailbox. So nothing is taken for a confirmation
but what `bounce_rules/confirmations/*.toml` knows: a provider's own sender, and a link to one of
its own hosts that confirms (never the one that takes it back), or a code where it writes one.
Whether the sender is proved is known where the message was received; `proved` is asked there. The
link is shown to a person, and never followed by us.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import bounce_rules
from digest.automatic.origin import check_origin, texts
from digest.automatic.phrases import Phrases
from digest.automatic.spelling import fold
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "confirmations"

LOOKED_AT = 20_000
"""Characters of a text, and of a page's source."""

UNPROVED = "unproved-confirmation"
"""The reason for a message that would be a confirmation if its sender were who it says."""

_LINK = re.compile(r"https://[^\s<>\"'\\^`{|}]{4,900}")
_TRAILING = ".,;:!?)]»”’*_"
_ADDRESS = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@[A-Za-z0-9][A-Za-z0-9.\-]{0,200}[A-Za-z0-9]"
)
_REQUIRED = {"provider", "senders", "signed_by", "hosts", "confirms", "codes"}
_OPTIONAL = {"sender_domains", "needs_words"}
_ORIGIN = {"source", "checked_on", "confidence"}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a provider sent to confirm a forwarding. `requested_by` is whose mail would come."""

    provider: str
    code: str | None
    link: str | None
    requested_by: str | None

    def as_json(self) -> dict[str, str | None]:
        """The contract's form."""
        return {
            "provider": self.provider,
            "code": self.code,
            "link": self.link,
            "requested_by": self.requested_by,
        }


@dataclass(frozen=True, slots=True)
class Request:
    """What of a message is looked at: its authors' addresses, words, and page (HTML source).
    `ours` are the addresses that it was sent to."""

    authors: tuple[str, ...]
    subject: str
    text: str
    page: str
    ours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """One row of the data."""

    name: str
    senders: frozenset[str]
    sender_domains: frozenset[str]
    signed_by: frozenset[str]
    hosts: frozenset[str]
    confirms: re.Pattern[str]
    codes: tuple[re.Pattern[str], ...]
    needs_words: bool


@dataclass(frozen=True, slots=True, eq=False)
class Providers:
    """All rows, the words of those that write other mail too, and those of links that take a
    confirmation back."""

    rows: tuple[Provider, ...]
    words: Phrases
    cancels: re.Pattern[str]

    def of(self, address: str) -> Provider | None:
        """The provider that writes confirmations from this address."""
        domain = address.rpartition("@")[2]
        for row in self.rows:
            if address in row.senders or domain in row.sender_domains:
                return row
        return None


def read_confirmation(request: Request) -> Confirmation | None:
    """What a message asks us to confirm, if it is who it says; None for all other mail."""
    if len(request.authors) != 1:
        return None  # which of several is shown, is the reader's program's choice
    providers = shipped_providers()
    row = providers.of(request.authors[0].lower())
    if row is None:
        return None
    subject, text = request.subject[:1000], request.text[:LOOKED_AT]
    if row.needs_words and not _speaks_of_it(providers.words, subject, text):
        return None
    link = _link(row, providers.cancels, text, request.page[: 2 * LOOKED_AT])
    code = _code(row, subject, _LINK.sub(" ", text))
    if link is None and (code is None or not row.needs_words):
        return None
    return Confirmation(row.name, code, link, _requested_by(request, subject, text))


def proved(form: Mapping[str, Any], authenticated: Collection[str]) -> dict[str, Any]:
    """The digest of a message whose DKIM signatures by the domains `authenticated` verified.

    A confirmation that its provider did not sign is none, and nobody is shown a code or a link of
    it: it is a notice, and says why. `form` is in the contract's form, and is not changed.
    """
    found = form.get("confirmation")
    if not found:
        return dict(form)
    author = str((form.get("from") or {}).get("address") or "")
    if is_proved(found["provider"], author, authenticated):
        return dict(form)
    return {
        **form,
        "confirmation": None,
        "category": "notice",
        "confidence": 0.9,
        "why": [UNPROVED],
    }


def is_proved(provider: str, author: str, authenticated: Collection[str]) -> bool:
    """Whether a domain of the provider signed that is also the author's, or above or below it."""
    domain = author.rpartition("@")[2].lower()
    signers = {one.lower().rstrip(".") for one in authenticated}
    return any(
        domain == signer or domain.endswith(f".{signer}") or signer.endswith(f".{domain}")
        for row in shipped_providers().rows
        if row.name == provider
        for signer in row.signed_by & signers
    )


def _speaks_of_it(words: Phrases, subject: str, text: str) -> bool:
    """Whether it is about forwarding, and asks to confirm; what we read first says so."""
    roles = {one.role for one in words.find(fold(f"{subject}\n{text[:3000]}"))}
    return {"forwards", "confirms"} <= roles


def _link(row: Provider, cancels: re.Pattern[str], text: str, page: str) -> str | None:
    """The first link that confirms. The hosts are compared as a whole, and a link with a user, a
    port or anything else that is not plain is none."""
    for match in (*_LINK.finditer(text), *_LINK.finditer(unescape(page))):
        link = match[0].rstrip(_TRAILING)
        if _is_plain(link, row.hosts):
            parts = urlsplit(link)
            after = link.partition(parts.netloc)[2]
            if row.confirms.fullmatch(after) and not cancels.search(after):
                return link
    return None


def _is_plain(link: str, hosts: Collection[str]) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return link.isascii() and parts.scheme == "https" and parts.netloc in hosts


def _code(row: Provider, subject: str, text: str) -> str | None:
    for where in (subject, text):
        for pattern in row.codes:
            match = pattern.search(where)
            if match is not None:
                return match[1]
    return None


def _requested_by(request: Request, subject: str, text: str) -> str | None:
    """Whose mail would come: the address that the subject or the text names, and is not ours."""
    known = {one.lower() for one in (*request.ours, *request.authors)}
    for match in (*_ADDRESS.finditer(subject), *_ADDRESS.finditer(text[:4000])):
        address = match[0]
        if address.lower() not in known:
            return address
    return None


@lru_cache(maxsize=1)
def shipped_providers() -> Providers:
    """Those that come with Postern."""
    return load_providers(FOLDER)


def load_providers(folder: Path) -> Providers:
    """Read all rows. Raises SettingsProblem naming the file and what is wrong in it."""
    cancel: tuple[str, ...] = ()
    rows, entries = [], []
    for path in sorted(folder.glob("*.toml")):
        try:
            table = tomllib.loads(path.read_text("utf-8"))
            check_origin(table)
            if path.name == "words.toml":
                entries = [("", key, one) for key in ("forwards", "confirms") for one in table[key]]
                cancel = texts(table, "cancel")
            else:
                rows.append(_row(table))
        except (OSError, KeyError, TypeError, ValueError, re.error) as error:
            raise SettingsProblem(f"{path}: {error}") from None
    if not rows or not entries or not cancel:
        raise SettingsProblem(f"{folder}: providers and words.toml are wanted here")
    return Providers(tuple(rows), Phrases(entries), _any_word(cancel))


def _row(table: Mapping[str, Any]) -> Provider:
    if not _REQUIRED | _ORIGIN <= table.keys() <= _REQUIRED | _OPTIONAL | _ORIGIN:
        raise ValueError("a key is missing or unknown")
    for key in ("senders", "signed_by", "hosts"):
        if not texts(table, key):
            raise ValueError(f"{key} must not be empty: without it nothing is proved")
    return Provider(
        name=table["provider"],
        senders=_lower(texts(table, "senders")),
        sender_domains=_lower(texts(table, "sender_domains")),
        signed_by=_lower(texts(table, "signed_by")),
        hosts=_lower(texts(table, "hosts")),
        confirms=re.compile(table["confirms"]),
        codes=tuple(re.compile(one, re.IGNORECASE) for one in texts(table, "codes")),
        needs_words=table.get("needs_words", False) is True,
    )


def _any_word(words: Iterable[str]) -> re.Pattern[str]:
    """Any of them, with no letter or digit on either side."""
    joined = "|".join(map(re.escape, words))
    return re.compile(rf"(?<![a-z0-9])(?:{joined})(?![a-z0-9])", re.IGNORECASE)


def _lower(words: Iterable[str]) -> frozenset[str]:
    return frozenset(one.lower() for one in words)
