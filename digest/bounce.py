"""Reports about mail of ours: delivery status (RFC 3464) and abuse reports (RFC 5965).

Only what a report says in its own fields, or what its enhanced status code says by RFC 3463; the
texts of providers that need a rule of their own come later and win then.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from digest.fields import Fields
from digest.mime import Part, Tree
from mail.message import parse_message
from mail.raw import RawMessage

_LOOKED_AT = 256 * 1024
_MOST_GROUPS = 100
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BLANK_LINES = re.compile(rb"\n(?:[ \t]*\r?\n)+")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_QUOTA = re.compile(
    r"quota|mailbox (?:is )?full|out of storage|over ?quota|邮箱.{0,6}满|空间不足", re.IGNORECASE
)
_BLOCKED = re.compile(
    r"spam|blacklist|block ?list|blocklist|\brbl\b|reputation|unsolicited|spamhaus|banned|垃圾",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"dmarc|\bspf\b|dkim|authenticat|too large|size limit|loop|not allowed", re.IGNORECASE
)


class Kind(StrEnum):
    """What a failure says about the recipient."""

    HARD = "hard"
    """No such user or domain, or disabled."""
    SOFT = "soft"
    """Temporary, expired, or unknown."""
    BLOCKED = "blocked"
    """Refused for the sender's reputation or the message's content."""
    QUOTA = "quota"
    """The mailbox is full."""
    POLICY = "policy"
    """Authentication, size, permission, a loop."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """One report about one message of ours, as far as it says so.

    `permanent` is about this attempt: False while the reporter is still trying. `status` is an
    enhanced status code (RFC 3463). For complaints only `recipient`, `original_message_id` and
    `reporter` are set.
    """

    kind: Kind | None
    permanent: bool | None
    recipient: str | None
    status: str | None
    diagnostic: str | None
    original_message_id: str | None
    reporter: str | None
    action: str = ""

    def as_json(self) -> dict[str, str | bool | None]:
        """The contract's form."""
        return {
            "kind": self.kind.value if self.kind else None,
            "permanent": self.permanent,
            "recipient": self.recipient,
            "status": self.status,
            "diagnostic": self.diagnostic,
            "original_message_id": self.original_message_id,
            "reporter": self.reporter,
        }


def read_delivery_status(tree: Tree) -> Bounce | None:
    """The first failed recipient of a delivery status notification, else its first one."""
    part = _part(tree, "message/delivery-status", "message/global-delivery-status")
    if part is None:
        return None
    groups = list(_groups(tree, part))
    if not groups:
        return None
    recipients = [group for group in groups if "action" in group or "final-recipient" in group]
    chosen = next((group for group in recipients if group.token("action") == "failed"), None)
    group = chosen or (recipients[0] if recipients else groups[0])
    action = group.token("action") or "failed"
    diagnostic = _text(group, "diagnostic-code")[:4000]
    status = _status(_text(group, "status"), diagnostic)
    return Bounce(
        kind=kind_of(status, diagnostic),
        permanent=action == "failed",
        recipient=_recipient(group),
        status=status,
        diagnostic=_without_type(diagnostic)[:1000] or None,
        original_message_id=original_message_id(tree),
        reporter=_reporter(groups),
        action=action,
    )


def read_feedback(tree: Tree) -> Bounce | None:
    """A complaint in the Abuse Reporting Format (RFC 5965 §3)."""
    part = _part(tree, "message/feedback-report")
    if part is None:
        return None
    fields = next(_groups(tree, part), Fields(()))
    recipient = _address(_text(fields, "original-rcpt-to")) or _address(
        _text(fields, "removal-recipient")
    )
    original = _original_fields(tree)
    if not recipient and original is not None:
        recipient = _address(_text(original, "to"))
    reporter = _without_type(_text(fields, "reporting-mta")) or _text(fields, "user-agent")
    return Bounce(
        kind=None,
        permanent=None,
        recipient=recipient or None,
        status=None,
        diagnostic=_text(fields, "feedback-type")[:200] or None,
        original_message_id=original_message_id(tree),
        reporter=reporter[:255] or None,
    )


def original_message_id(tree: Tree) -> str | None:
    """The Message-ID of the returned message or header, brackets included."""
    fields = _original_fields(tree)
    if fields is None:
        return None
    found = _MESSAGE_ID.search(_text(fields, "message-id"))
    return found[0] if found else None


def _original_fields(tree: Tree) -> Fields | None:
    part = _part(
        tree, "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"
    )
    if part is None:
        return None
    return _fields(tree.content(part, _LOOKED_AT)[0])


def _part(tree: Tree, *types: str) -> Part | None:
    for wanted in types:
        for part in tree.leaves:
            if part.content_type == wanted:
                return part
    return None


def _fields(octets: bytes) -> Fields:
    return Fields(parse_message(RawMessage(len(octets), "", memory=octets)).headers)


def _groups(tree: Tree, part: Part) -> Iterator[Fields]:
    """The groups of fields that empty lines divide (RFC 3464 §2.1)."""
    content = tree.content(part, _LOOKED_AT)[0].strip(b"\r\n \t")
    for number, group in enumerate(_BLANK_LINES.split(content, _MOST_GROUPS)):
        if number < _MOST_GROUPS:
            yield _fields(group + b"\n")


def _text(fields: Fields, name: str) -> str:
    words = fields.words(name)
    return words.text if words else ""


def _without_type(value: str) -> str:
    """RFC 3464 §2.1.2: "rfc822; a@b.example" and "smtp; 550 …" name a type first."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and kind.strip().replace("-", "").isalnum() else value.strip()


def _address(value: str) -> str | None:
    text = _without_type(value).strip().strip("<>").strip()
    return text[:1000] if "@" in text else None


def _recipient(group: Fields) -> str | None:
    """The address that we wrote to: what the sender knew comes before what it became."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        found = _address(_text(group, name))
        if found:
            return found
    return None


def _reporter(groups: list[Fields]) -> str | None:
    for group in groups:
        name = _without_type(_text(group, "reporting-mta"))
        if name:
            return name.partition(" ")[0][:255]
    return None


def _status(field: str, diagnostic: str) -> str | None:
    """The most telling status code: a general one gives way to the diagnostic's own."""
    own, said = _STATUS.search(field), _STATUS.search(diagnostic)
    if own is not None and (own[2], own[3]) != ("0", "0"):
        return own[0]
    if said is not None:
        return said[0]
    return own[0] if own else None


def kind_of(status: str | None, diagnostic: str) -> Kind:
    """What an enhanced status code (RFC 3463, IANA registry) and a text mean together."""
    if _QUOTA.search(diagnostic):
        return Kind.QUOTA
    match = _STATUS.match(status or "")
    if match is None:
        return _kind_of_text(diagnostic)
    temporary, subject, detail = match[1] == "4", int(match[2]), int(match[3])
    if (subject, detail) == (2, 2):
        return Kind.QUOTA
    if temporary:
        return Kind.BLOCKED if _BLOCKED.search(diagnostic) else Kind.SOFT
    if subject == 0:
        return _kind_of_text(diagnostic)
    return _permanent_kind(subject, detail, diagnostic)


_HARD = frozenset([(1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 10), (2, 1), (4, 1)])
_POLICIES = frozenset([(1, 7), (1, 8), (2, 3), (3, 4), (4, 6), (4, 14)])


def _permanent_kind(subject: int, detail: int, diagnostic: str) -> Kind:
    if (subject, detail) in _HARD:
        return Kind.HARD
    if (subject, detail) in _POLICIES or subject == 6:
        return Kind.POLICY
    if subject == 7:
        return _kind_by_security(detail, diagnostic)
    return Kind.SOFT


def _kind_by_security(detail: int, diagnostic: str) -> Kind:
    """X.7.x: X.7.20 to X.7.27 are authentication (RFC 7372), X.7.28 is a flood."""
    if detail == 28:
        return Kind.SOFT
    if 20 <= detail <= 30:
        return Kind.POLICY
    return Kind.BLOCKED if _BLOCKED.search(diagnostic) else Kind.POLICY


_UNKNOWN_USER = re.compile(
    r"(?:user|account|mailbox|recipient|address)(?: .{0,80})? (?:not found|unknown"
    r"|does(?:n't| not) exist|not exist|unavailable|disabled|no longer)"
    r"|no such (?:user|mailbox|recipient|address)"
    r"|unknown (?:user|recipient|mailbox)|用户不存在|邮箱不存在|收件人不存在",
    re.IGNORECASE,
)


def _kind_of_text(diagnostic: str) -> Kind:
    if _UNKNOWN_USER.search(diagnostic):
        return Kind.HARD
    if _BLOCKED.search(diagnostic):
        return Kind.BLOCKED
    if _POLICY.search(diagnostic):
        return Kind.POLICY
    return Kind.SOFT
