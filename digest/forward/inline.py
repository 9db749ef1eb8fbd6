"""Forwards by hand into a text: the header lines that the mail program put above the original.

The subject says "Fwd:" in some language, or the text has a line that only forwards have. A reply
quotes in the same way; there the subject says "Re:". Of a message that went through several hands
the innermost counts: what the forwarder answered meanwhile is not the customer's.
"""

import re
from dataclasses import dataclass

from digest.bounce import names_mailer
from digest.forward.rules import Prefix, prefix_of, shipped_rules
from digest.forward.value import Forward, Inside, Kind, Mail, is_among, same, sends_back
from digest.written.attribution import read_attribution
from digest.written.block import ADDRESS, Block, read_block
from digest.written.lines import Lines, lines_of
from digest.written.phrases import Label, fold
from digest.written.separator import Above, separator

_MOST_LINES = 2000
_MOST_BLOCKS = 6
_QUOTED = re.compile(r"(?:>[ \t]?){1,6}")
_LINK = re.compile(
    r"<a\s[^<>]{0,300}?mailto:([^\"'<>?\s]{3,320})[^<>]{0,300}>([^<]{0,200})", re.IGNORECASE
)
_LOST = re.compile(r"<([^\s<>@/\"'=]{1,64}@[^\s<>@/\"'=]{3,250})>")
_NAME_EDGES = " \t\"'“”„«»<>()[];,*"


@dataclass(frozen=True, slots=True)
class _Original:
    """One original within the text: who, to whom, about what, and the line below its header."""

    sender: str
    recipient: str
    subject: str
    identifier: str
    announced: Above | None
    end: int
    label: str = ""


def read_inline(mail: Mail) -> Forward | None:
    """The forward that the text is, if it is one."""
    prefix, rest = prefix_of(mail.subject)
    if prefix is Prefix.REPLY or not mail.text:
        return None
    lines = _unquoted(mail.text)
    originals = _originals(lines, mail, attributed=prefix is Prefix.FORWARD)
    if not originals or not _is_forward(prefix, originals[0], mail):
        return None
    depth = _innermost(originals, mail)
    original = originals[depth]
    sender = _sender(original, lines, mail)
    return Forward(
        kind=Kind.MANUAL_INLINE,
        forwarder=mail.author_address or None,
        original_sender=sender,
        original_recipient=_recipient(original, mail),
        original_message_id=_message_id(original, mail, depth),
        inside=Inside(original.subject or rest, "\n".join(lines.whole[original.end :]).strip("\n")),
    )


def _unquoted(text: str) -> Lines:
    """Apple Mail forwards in quoted lines."""
    if "\n>" in text or text.startswith(">"):
        text = "\n".join(map(_without_marks, text.split("\n")))
    return lines_of(text)


def _without_marks(line: str) -> str:
    marks = _QUOTED.match(line)
    return line[marks.end() :] if marks else line


def _originals(lines: Lines, mail: Mail, *, attributed: bool) -> list[_Original]:
    """What the text holds of other messages, from the top; attributions only if `attributed`."""
    found: list[_Original] = []
    announced: Above | None = None
    at, end = 0, min(len(lines.bare), _MOST_LINES)
    while at < end and len(found) < _MOST_BLOCKS:
        line = lines.bare[at]
        above = separator(line) if line else None
        announced = above or announced
        block = _block(lines, at, above, announced) if line else None
        if block is not None:
            found.append(_of_block(block, announced, line))
            announced, at = None, max(block.end, at + 1)
            continue
        if line and above is None and attributed and (one := _of_attribution(lines, at)):
            found.append(one)
        if line and above is None and block is None and announced is Above.ORIGINAL:
            announced = None
        at += 1
    return found


def _block(lines: Lines, at: int, above: Above | None, announced: Above | None) -> Block | None:
    if above is not None:  # some programs go on in the line that they drew
        return read_block(lines, at, trusted=True) if len(lines.bare[at]) > 100 else None
    return read_block(lines, at, trusted=announced is not None)


def _of_block(block: Block, announced: Above | None, line: str) -> _Original:
    return _Original(
        sender=block.value(Label.FROM),
        recipient=block.value(Label.TO),
        subject=block.value(Label.SUBJECT),
        identifier=block.value(Label.IDENTIFIER),
        announced=announced,
        end=block.end,
        label=fold(line.lstrip("*|> ").partition(":")[0].strip(" *")),
    )


def _of_attribution(lines: Lines, at: int) -> _Original | None:
    found = read_attribution(lines, at)
    if found is None:
        return None
    sender = found.text if ADDRESS.search(found.text) else ""
    return _Original(sender, "", "", "", None, found.end)


def _is_forward(prefix: Prefix | None, original: _Original, mail: Mail) -> bool:
    """Whether the subject, or else the line above, says that this was passed on."""
    sender = ADDRESS.search(original.sender)
    if sender is not None and sends_back(_clean(sender[0]), mail):
        return False
    if prefix is Prefix.FORWARD:
        return True
    if prefix is Prefix.BOTH:
        return original.label in shipped_rules().both_labels
    if original.announced is Above.FORWARDED:
        return True
    # Nothing says so: then the original must be of somebody who has no part in this mail.
    if original.announced is None or mail.references:
        return False
    known = (*mail.addresses("to", "cc"), *mail.rcpt, mail.author_address)
    return sender is not None and not is_among(sender[0], known)


def _innermost(originals: list[_Original], mail: Mail) -> int:
    """Which of them is whose message this is: past forwards of forwards, and past the
    forwarder's own words."""
    depth = 0
    while depth + 1 < len(originals):
        here = originals[depth]
        sender = ADDRESS.search(here.sender)
        own = sender is not None and same(sender[0], mail.author_address)
        again = prefix_of(here.subject)[0] is Prefix.FORWARD
        if not (own or again):
            break
        depth += 1
    return depth


def _sender(original: _Original, lines: Lines, mail: Mail) -> str | None:
    """The sender's address; where the program left it out, what else the message says of it. Of a
    mail system the rest says nothing: the addresses in its report are of others."""
    found = ADDRESS.search(original.sender)
    if found is not None:
        return _clean(found[0])
    name = original.sender.strip(_NAME_EDGES)
    if names_mailer(name):
        return None
    return _linked(name, mail) or _near(name, original, lines, mail) or name or None


def _linked(name: str, mail: Mail) -> str | None:
    """The address behind the name in the page: a link, or brackets that were taken for a tag."""
    if mail.page is None:
        return None
    known = (mail.author_address, *mail.rcpt)
    page = mail.page[:200_000]
    for address, shown in _LINK.findall(page)[:50]:
        if name and name.casefold() in shown.casefold():
            return _clean(address)
    at = max(page.find(name), 0) if name else 0
    for found in (_LOST.search(page, at, at + 2000), _LINK.search(page, at, at + 2000)):
        if found is not None and not is_among(found[1], known):
            return _clean(found[1])
    return None


def _near(name: str, original: _Original, lines: Lines, mail: Mail) -> str | None:
    """The only address below the header that belongs to neither side, as in a signature."""
    text = "\n".join(lines.bare[original.end : original.end + 200])
    known = (mail.author_address, *mail.rcpt, *mail.addresses("to", "cc"))
    found = list(dict.fromkeys(_clean(one) for one in ADDRESS.findall(text)[:20]))
    others = [one for one in found if not is_among(one, known)]
    words = [word for word in re.split(r"\W+", name.casefold()) if len(word) > 1]
    alike = [one for one in others if any(word in one.casefold() for word in words)]
    return alike[0] if alike else others[0] if len(others) == 1 else None


def _recipient(original: _Original, mail: Mail) -> str | None:
    """Whom the original went to; a name without an address is mostly the forwarder's."""
    found = ADDRESS.search(original.recipient)
    if found is not None:
        return _clean(found[0])
    return mail.author_address or None


def _message_id(original: _Original, mail: Mail, depth: int) -> str | None:
    """The original's Message-ID: said by the program, or the parent in the references."""
    if "@" in original.identifier:
        return f"<{original.identifier.strip('<> ')}>"
    said = mail.fields.first("x-forwarded-message-id")
    if said is not None and b"@" in said:
        return said[:1000].decode("utf-8", "replace").split()[0]
    return mail.references[-1 - depth] if depth < len(mail.references) else None


def _clean(address: str) -> str:
    return address.removeprefix("mailto:").strip(".'`")
