"""The fields of a delivery status notification (RFC 3464), wherever in a message they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from digest.bounce.letter import LOOKED_AT, MESSAGE_ID, address_in, fields_of, text_of
from digest.bounce.rules import STATUS
from digest.fields import Fields
from digest.mime import Part, Tree

MOST_GROUPS = 100
"""Groups of fields of one report that are looked at: one for each recipient."""

_MOST_PIECES = 2000

_MOST_PARTS = 20
_TYPES = frozenset(["message/delivery-status", "message/global-delivery-status"])
_OTHER_TYPES = ("text/", "application/octet-stream", "message/")
_ORIGINAL_IDS = ("original-message-id", "x-original-message-id", "x-original-messageid")
_BLANK_LINES = re.compile(rb"\n(?:[ \t]*\r?\n)+")
_FINAL = re.compile(rb"(?im)^(?:original-recipient[ \t]*:[^\n]{0,1000}\n)?final-recipient[ \t]*:")
_BEGIN = re.compile(
    rb"(?i)\s{0,200}(?:[A-Za-z\-]{3,40}:[^\n]{0,500}\n){0,6}?"
    rb"(?:reporting-mta|final-recipient|original-recipient)[ \t]*:"
)
_WITHIN = re.compile(r"(?im)^[ \t]{0,8}(?:reporting-mta|final-recipient|original-recipient)[ \t]*:")
_XTEXT = re.compile(r"\+([0-9A-Fa-f]{2})")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a report says of one recipient; "" where it says nothing. `original` is the address
    that was written to, `final` the one that failed."""

    original: str
    final: str
    action: str
    status: str
    diagnostic: str
    remote: str

    def is_to(self, address: str) -> bool:
        """Whether this is the address that was written to, or the one that failed."""
        return bool(address) and address.lower() in (self.original.lower(), self.final.lower())


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """A whole report. `is_part`: it is a part by itself, not a passage of text. `message_id` is
    what some put among the fields: the Message-ID of what was returned."""

    reporter: str
    recipients: tuple[Recipient, ...]
    is_part: bool
    message_id: str | None = None

    def chosen(self, named: str = "") -> Recipient:
        """The one to tell of: the first that failed, else the first that waits, else the first;
        of several that failed the one that is `named` elsewhere."""
        for action in ("failed", "delayed"):
            some = [one for one in self.recipients if one.action == action]
            if some:
                return next((one for one in some if one.is_to(named)), some[0])
        return self.recipients[0]

    def others(self, chosen: Recipient) -> tuple[Recipient, ...]:
        """The rest of whom the same is said."""
        same = (one for one in self.recipients if one.action == chosen.action)
        return tuple(one for one in same if one is not chosen)


def read_delivery_status(tree: Tree, text: str) -> DeliveryStatus | None:
    """The report in a message's parts, or else in its text."""
    groups = [group for part in _parts(tree) for group in _groups(tree.content(part, LOOKED_AT)[0])]
    if groups:
        return _report(groups, is_part=True)
    begin = _WITHIN.search(text[:100_000])
    if begin is None or "final-recipient" not in text.lower():
        return None
    within = text[begin.start() :][:20_000]
    indent = within[: len(within) - len(within.lstrip(" \t"))]
    lines = (line.removeprefix(indent).rstrip() for line in within.split("\n"))
    return _report(_groups("\n".join(lines).encode("utf-8", "replace")), is_part=False)


def _parts(tree: Tree) -> list[Part]:
    """The parts with such fields; a few systems write one for each recipient."""
    found = islice((one for one in tree.leaves if one.content_type in _TYPES), _MOST_PARTS)
    return list(found) or [one for one in (_mistyped(tree),) if one is not None]


def _mistyped(tree: Tree) -> Part | None:
    if tree.root.opened:
        for part in tree.leaves:
            if part.content_type.startswith(_OTHER_TYPES) and "rfc822" not in part.content_type:
                content = tree.content(part, 8192)[0].replace(b"\r\n", b"\n")
                if _BEGIN.match(content):
                    return part
    return None


def _groups(content: bytes) -> list[Fields]:
    """The groups of fields that empty lines divide (RFC 3464 §2.1). Where there are too many, those
    that failed are looked for among the rest."""
    pieces = [
        one
        for piece in _BLANK_LINES.split(content.strip(b"\r\n \t"), _MOST_PIECES)[:_MOST_PIECES]
        for one in _of_recipients(piece)
    ]
    rest = [piece for piece in pieces[MOST_GROUPS:] if b"fail" in piece.lower()]
    return [fields_of(piece + b"\n") for piece in pieces[:MOST_GROUPS] + rest[:MOST_GROUPS]]


def _of_recipients(piece: bytes) -> list[bytes]:
    """A group as groups of one recipient each: a few systems forget the line between them."""
    begins = [found.start() for found in _FINAL.finditer(piece)]
    if len(begins) < 2:
        return [piece]
    ends = [*begins[1:], len(piece)]
    return [
        piece[: ends[0]],
        *(piece[start:end] for start, end in zip(begins[1:], ends[1:], strict=True)),
    ]


def _report(groups: list[Fields], *, is_part: bool) -> DeliveryStatus | None:
    if not groups:
        return None
    about = [one for one in groups if _is_about_recipient(one)]
    recipients = tuple(_recipients(about or groups[:1]))
    reporter = next((_reporter(one) for one in groups if "reporting-mta" in one), "")
    named = (text_of(one, name) for one in groups for name in _ORIGINAL_IDS if name in one)
    found = (MESSAGE_ID.search(value) for value in named)
    identifier = next((one[0] for one in found if one is not None), None)
    return DeliveryStatus(reporter, recipients, is_part, identifier)


def _is_about_recipient(group: Fields) -> bool:
    names = ("final-recipient", "original-recipient", "action", "status", "diagnostic-code")
    return any(name in group for name in names)


def _recipients(groups: list[Fields]) -> Iterator[Recipient]:
    for group in groups:
        status = text_of(group, "status")
        yield Recipient(
            original=_address(group, "original-recipient"),
            final=_address(group, "final-recipient") or _address(group, "x-actual-recipient"),
            action=_action(group.token("action"), status),
            status=status,
            diagnostic=without_type(text_of(group, "diagnostic-code"))[:4000],
            remote=without_type(text_of(group, "remote-mta"))[:255],
        )


def _action(word: str, status: str) -> str:
    """RFC 3464 §2.3.3; some say it in other words, or leave it to the status."""
    for action in ("failed", "delayed", "delivered", "relayed", "expanded"):
        if word.startswith(action[:6]):
            return action
    found = STATUS.search(status)
    return "delivered" if found is not None and found[1] == "2" else "failed"


def _reporter(group: Fields) -> str:
    return without_type(text_of(group, "reporting-mta")).partition(" ")[0][:255]


def without_type(value: str) -> str:
    """RFC 3464 §2.1.2: "rfc822; a@b.example" and "smtp; 550 …" name a type first."""
    kind, semicolon, rest = value.partition(";")
    named = kind.strip().replace("-", "")
    return rest.strip() if semicolon and named.isalnum() and len(named) < 30 else value.strip()


def _address(group: Fields, name: str) -> str:
    """An address, also as xtext (RFC 3461 §4) or with \\x{…} (RFC 6533 §3)."""
    value = without_type(text_of(group, name))
    if "@" not in value:
        value = _XTEXT.sub(lambda found: chr(int(found[1], 16)), value)
    value = _UNICODE.sub(_character, value)
    found = address_in(value)
    return "" if found is None or found.lower().startswith("imceaex-") else found


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if 0x20 < number < 0xD800 or 0xDFFF < number < 0x110000 else "\ufffd"
