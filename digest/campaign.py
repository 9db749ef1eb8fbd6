"""What a message says of the campaign that it answers: read here, resolved by the store.

Where it was sent to says most, then what it quotes: a bounce returns our header block, a forward
has our message in it, and somebody who answers from another mailbox leaves our Message-ID or our
Reply-To standing in the text. What it names in References is in its lineage already.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from digest.fields import Fields
from digest.mime import Part, Tree
from mail.campaign import Campaign, Clues, How, read_tag
from mail.message import parse_message
from mail.raw import RawMessage
from mail.reply_address import claimed

_MANY = 20
_LOOKED_AT = 64 * 1024
"""Characters of a text, or octets of a returned message, that are looked at."""

_MOST_ORIGINALS = 3
_SENT_TO = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-forwarded-to",
    "to",
    "cc",
)
_ORIGINALS = frozenset(
    ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
)
_ANSWERED_AT = ("reply-to", "return-path", "from")
_LABELS = ("x-campaign-id", "x-campaignid", "x-campaign", "x-mailing-id")
_LABEL = re.compile(r"[\w.\-]{1,200}")
_ADDRESS = re.compile(r"(?<![\w.=+\-])[\w.=+\-]{3,300}+@[A-Za-z0-9.\-]{3,255}+")
# Each begins with characters that are found quickly.
_TAG_IN_TEXT = re.compile(r"\+[\w.=\-]{1,200}+@[A-Za-z0-9.\-]{3,255}+")
_SIGNED_IN_TEXT = re.compile(r"r-[a-z2-7]{18}-[\w.=\-]{3,60}+@[A-Za-z0-9.\-]{3,255}+")
_ID_IN_TEXT = re.compile(r"essage-I[dD] {0,3}[:：][ \n]{0,3}<([^<>\s]{3,900}+)>")
_ID = re.compile(r"<[^<>\s]{3,900}+>")


def read_clues(tree: Tree, rcpt: Sequence[str] | None, text: str, original_id: str | None) -> Clues:
    """Everything that the message says of it. `text` is its readable body, `original_id` the
    Message-ID that a report names, brackets included."""
    returned = (part for part in tree.parts if part.content_type in _ORIGINALS)
    originals = [_fields(tree, part) for part in islice(returned, _MOST_ORIGINALS)]
    quoted_ids = [] if original_id is None else [original_id]
    quoted_ids += [found for one in originals for found in _ids(one)]
    shown = text[:_LOOKED_AT]
    quoted_ids += [f"<{found[1]}>" for found in _ID_IN_TEXT.finditer(shown)]
    quoted = (address for one in originals for address in _addresses(one, _ANSWERED_AT))
    return Clues(
        addresses=_few(_sent_to(tree.root.fields, rcpt)),
        quoted_ids=_few(quoted_ids),
        quoted_addresses=_few([*quoted, *_in_text(shown)]),
        labels=_few(label for one in originals for label in _labels(one)) if original_id else (),
    )


def claim_of(
    clues: Clues, rcpt: Sequence[str] | None, returned_to: str | None = None
) -> Campaign | None:
    """What the message alone says: what no signature and no list of what was sent confirms.

    `returned_to` is the recipient that a report is about.
    """
    ours = {_domain(address) for address in rcpt or ()}
    for how, addresses in (
        (How.ADDRESS, clues.addresses),
        (How.QUOTED, clues.quoted_addresses),
    ):
        for address in addresses:
            found = _claim(address, how, is_ours=_domain(address) in ours)
            if found is not None:
                return found
    return Campaign(clues.labels[0], returned_to, How.QUOTED) if clues.labels else None


def _claim(address: str, how: How, *, is_ours: bool) -> Campaign | None:
    signed = claimed(address)
    if signed is not None:
        return Campaign(signed.campaign, signed.recipient, how) if signed.campaign else None
    for campaign, recipient in read_tag(address, is_ours=is_ours):
        return Campaign(campaign, recipient, how)
    return None


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _sent_to(fields: Fields, rcpt: Sequence[str] | None) -> Iterator[str]:
    for address in rcpt or ():
        if _is_worth_a_look(address):
            yield address
    yield from _addresses(fields, _SENT_TO)


def _addresses(fields: Fields, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for value in fields.all(name):
            if b"+" in value or b"r-" in value.lower():
                text = value[:_LOOKED_AT].decode("ascii", "replace")
                yield from filter(_is_worth_a_look, _ADDRESS.findall(text))


def _in_text(text: str) -> Iterator[str]:
    """Addresses for answers in what a person or a server quotes."""
    for match in _TAG_IN_TEXT.finditer(text):
        before = re.search(r"[\w.\-]{1,32}\Z", text[max(0, match.start() - 32) : match.start()])
        yield f"{before[0] if before else ''}{match[0]}".rstrip(".")
    for match in _SIGNED_IN_TEXT.finditer(text):
        yield match[0].rstrip(".")


def _is_worth_a_look(address: str) -> bool:
    return "+" in address or claimed(address) is not None


def _fields(tree: Tree, part: Part) -> Fields:
    octets = tree.content(part, _LOOKED_AT)[0]
    return Fields(parse_message(RawMessage(len(octets), "", memory=octets)).headers)


def _ids(fields: Fields) -> list[str]:
    return _ID.findall((fields.first("message-id") or b"").decode("ascii", "replace"))


def _labels(fields: Fields) -> Iterator[str]:
    for name in _LABELS:
        if _LABEL.fullmatch(label := fields.token(name)):
            yield label


def _few(found: Iterable[str]) -> tuple[str, ...]:
    """The first of them, each once."""
    return tuple(dict.fromkeys(found))[:_MANY]
