"""Which of the messages that we sent somebody answers.

Whoever sends to thousands needs to know of an answer, a bounce or a complaint which mailing it is
about and to whom that was sent. What a message says of it are `Clues`; `digest` reads them, and
the store, which knows what was sent, makes a `Campaign` of them.

A tag in one of our addresses says both: `reply+CAMPAIGN.RECIPIENT@reply.example`, where the
recipient's "@" is written as "=" or the recipient is whatever the sender calls them by. Nothing
signs such a tag; `mail.reply_address` has addresses that only we can make.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_TAGGED = re.compile(r"([a-z0-9._\-]{1,64})\+([a-z0-9._=\-]{1,200})@([^@]{1,255})", re.IGNORECASE)
_FOR_ANSWERS = frozenset(
    ("reply", "replies", "r", "answer", "answers", "response", "inbound", "unsubscribe")
) | frozenset(("bounce", "bounces", "return", "returns", "complaint", "complaints", "fbl", "verp"))
"""Local parts whose tag is about what was sent, even where nobody says whose domain it is."""

_GMAIL_FORWARD = "caf_="
"""How Gmail marks a MAIL FROM that it forwards: no campaign."""


class How(StrEnum):
    """By what a message was linked with a campaign, from the surest to a guess."""

    ADDRESS = "address"
    """By the address that it was sent to."""
    REFERENCES = "references"
    """By the Message-ID that it answers."""
    QUOTED = "quoted"
    """By what it quotes, returns or forwards."""
    NONE = "none"
    """By nothing in it: its author was sent that campaign and no other lately."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign's id, to whom it was sent as far as that is known, and how we know."""

    id: str
    recipient: str | None
    how: How

    def as_json(self) -> dict[str, str | None]:
        """The contract's form."""
        return {"id": self.id, "recipient": self.recipient, "how": self.how.value}


@dataclass(frozen=True, slots=True)
class Clues:
    """What a message says of what it answers, besides its References.

    `addresses` are those that it was sent to, `quoted_addresses` those in what it quotes; only
    such as look like addresses for answers. `quoted_ids` are Message-IDs within angle brackets;
    `labels` are campaign ids that a quoted header states. Nearest first.
    """

    addresses: tuple[str, ...] = ()
    quoted_ids: tuple[str, ...] = ()
    quoted_addresses: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


NO_CLUES = Clues()
"""What most mail says."""


def read_tag(address: str, *, is_ours: bool = False) -> tuple[tuple[str, str | None], ...]:
    """What the tag of an address may say, as pairs of campaign and recipient.

    Several, because both may have dots in them: the shortest campaign comes first. With `is_ours`
    the domain is known to be one of ours: then any local part may have such a tag, and it may
    name the campaign alone.
    """
    match = _TAGGED.fullmatch(address)
    if match is None or match[2].startswith(_GMAIL_FORWARD):
        return ()
    for_answers = match[1].lower() in _FOR_ANSWERS
    tag = match[2]
    if "." not in tag:
        return ((tag, None),) if is_ours and for_answers and "=" not in tag else ()
    if not for_answers and not (is_ours and "=" in tag):
        return ()
    head = tag.partition("=")[0]
    cuts = [place for place, character in enumerate(head) if character == "."]
    pairs = ((tag[:cut], _recipient(tag[cut + 1 :])) for cut in cuts)
    return tuple((campaign, recipient) for campaign, recipient in pairs if campaign and recipient)


def _recipient(text: str) -> str:
    """`li=example.com` is li@example.com; anything else is what the sender calls them."""
    local, equals, domain = text.rpartition("=")
    return f"{local}@{domain}" if equals and local and domain else text
