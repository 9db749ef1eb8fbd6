"""What a forward is, and what its readers are given."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from digest.fields import Fields
from digest.people import Person, read_people
from digest.written.block import ADDRESS

_MACHINES = (
    "mailer-daemon@",
    "postmaster@",
    "mail-daemon@",
    "mailerdaemon@",
    "mail-delivery-subsystem@",
    "maildelivery@",
    "abuse@",
    "fbl@",
)


class Kind(StrEnum):
    """Who passed the message on, and how; the contract's words."""

    NATIVE = "native"
    """A mail system, by itself."""
    LIST = "list"
    """A mailing list or a group."""
    MANUAL_INLINE = "manual_inline"
    """A person, who put it into a text."""
    MANUAL_ATTACHMENT = "manual_attachment"
    """A person, who attached it."""


@dataclass(frozen=True, slots=True)
class Inside:
    """The message that a person passed on: its subject and text, or its octets."""

    subject: str = ""
    text: str = ""
    octets: bytes | None = None


@dataclass(frozen=True, slots=True)
class Forward:
    """A message that was passed on; what is not known is None.

    `forwarder` is the mailbox, list or domain that did, `original_sender` who wrote it,
    `original_recipient` whom that person wrote to. `inside` is there for forwards by hand.
    """

    kind: Kind
    forwarder: str | None = None
    original_sender: str | None = None
    original_recipient: str | None = None
    original_message_id: str | None = None
    inside: Inside | None = None

    def as_json(self) -> dict[str, str | None]:
        """The contract's form."""
        return {
            "kind": self.kind.value,
            "forwarder": self.forwarder,
            "original_sender": self.original_sender,
            "original_recipient": self.original_recipient,
            "original_message_id": self.original_message_id,
        }


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as the readers look at it.

    `mail_from` and `rcpt` are the envelope's, None where it is not known. `text` is the readable
    text and `page` the HTML as it came. `references` are in angle brackets, the parent last.
    """

    fields: Fields
    subject: str
    author: Person | None
    message_id: str | None
    references: tuple[str, ...]
    text: str = ""
    page: str | None = None
    mail_from: str | None = None
    rcpt: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()

    @property
    def author_address(self) -> str:
        """Who the message says it is from; "" where it does not, or names no domain."""
        address = (self.author.address if self.author else None) or ""
        return address if domain_of(address) and "@" in address else ""

    def people(self, *names: str) -> tuple[Person, ...]:
        """Those in the topmost of these fields, in their order."""
        values = (self.fields.first(name) for name in names)
        return tuple(person for value in values if value for person in _people_in(value))

    def addresses(self, *names: str) -> tuple[str, ...]:
        """The addresses in the topmost of these fields; <MAILER-DAEMON> alone is nobody's."""
        found = (one.address or "" for one in self.people(*names))
        return tuple(one for one in found if "@" in one and domain_of(one))


@lru_cache(maxsize=8)
def _people_in(value: bytes) -> tuple[Person, ...]:
    """One message's To is asked for again and again, and may name hundreds."""
    return read_people(value)[0]


def addresses_in(value: bytes) -> Iterable[str]:
    """All addresses in a field, whatever stands between them."""
    for found in ADDRESS.findall(value[:4000].decode("utf-8", "replace")):
        yield found.strip(".'`")


def same(one: str | None, other: str | None) -> bool:
    """Whether two addresses are one: nobody tells mailboxes apart by case."""
    return bool(one) and bool(other) and str(one).lower() == str(other).lower()


def domain_of(address: str) -> str:
    """What stands behind the last @, in lower case."""
    return address.rpartition("@")[2].lower()


def is_machine(address: str) -> bool:
    """Whether a mail system writes from there: what it sends along are reports, not forwards."""
    return address.lower().startswith(_MACHINES)


def sends_back(sender: str, mail: Mail) -> bool:
    """Whether a stranger sends us what we wrote, with `sender` as its author: an answer by people
    who press "Forward", or a report."""
    is_ours = is_among(sender, (*mail.rcpt, *mail.addresses("to")))
    return is_ours and domain_of(sender) != domain_of(mail.author_address)


def is_among(address: str, others: Iterable[str]) -> bool:
    """Whether one of these addresses is this one."""
    return any(same(address, other) for other in others)
