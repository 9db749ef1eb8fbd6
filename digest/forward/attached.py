"""Forwards by hand as an attached message, with a few words above it or none.

Reports carry messages, too; those are not forwards. Nor is an answer with an old message attached.
"""

from digest.entity import Part, Tree
from digest.fields import Fields
from digest.forward.rules import Prefix, prefix_of
from digest.forward.value import Forward, Inside, Kind, Mail, is_machine, sends_back
from digest.lineage import lineage_of
from mail.message import parse_message
from mail.raw import RawMessage

_LONGEST_NOTE = 2500
_MOST_OCTETS = 5_000_000
_REPORTS = frozenset(
    [
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "multipart/report",
        "multipart/digest",
    ]
)


def read_attached(mail: Mail, tree: Tree, note: str, *, by_program: bool = False) -> Forward | None:
    """The attached message that this forwards; `note` is what the forwarder wrote. Of programs
    only reports count, which gateways pass on: they attach what they write about, too."""
    by_program = by_program or mail.mail_from == ""
    if "message/rfc822" not in mail.types and not _names_eml(tree):
        return None
    if _REPORTS & mail.types or len(note) > _LONGEST_NOTE:
        return None
    if prefix_of(mail.subject)[0] is Prefix.REPLY:
        return None
    part = next((part for part in tree.leaves if _is_message(part)), None)
    return None if part is None else _of_part(mail, tree, part, only_reports=by_program)


def _names_eml(tree: Tree) -> bool:
    return any(map(_is_message, tree.leaves))


def _is_message(part: Part) -> bool:
    """A message, or a file that its sender's program calls one."""
    if part.parent is None:
        return False
    if part.content_type == "message/rfc822":
        return True
    names = (part.disposition.parameters.get("filename"), part.parameters.get("name"))
    return any(name is not None and name.lower().endswith(".eml") for name in names)


def _is_report(header: Fields) -> bool:
    """Whether a mail system wrote a message, also under a name without a domain."""
    if header.token("content-type").startswith("multipart/report"):
        return True
    author = (header.first("from") or b"").lower()
    return b"mailer-daemon" in author or any(
        map(is_machine, Mail(header, "", None, None, ()).addresses("from"))
    )


def _of_part(mail: Mail, tree: Tree, part: Part, *, only_reports: bool) -> Forward | None:
    octets = tree.content(part, _MOST_OCTETS)[0]
    header = Fields(parse_message(RawMessage(len(octets), "", memory=octets)).headers)
    if "from" not in header and "message-id" not in header:
        return None
    if only_reports and not _is_report(header):
        return None
    subject = header.words("subject")
    inner = Mail(
        fields=header,
        subject=subject.text if subject else "",
        author=None,
        message_id=lineage_of(header, None).message_id,
        references=(),
    )
    sender = next(iter(inner.addresses("from", "sender")), None)
    if sender is not None and sends_back(sender, mail):
        return None
    return Forward(
        kind=Kind.MANUAL_ATTACHMENT,
        forwarder=mail.author_address or None,
        original_sender=sender,
        original_recipient=next(iter(inner.addresses("to", "cc", "delivered-to")), None),
        original_message_id=inner.message_id,
        inside=Inside(inner.subject, "", octets),
    )
