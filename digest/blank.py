"""Why there is no text to read, in words that a person can act on.

A reason is a fixed sentence, and behind a colon what is known of this message: the names of its
attachments, how many pictures, which gateway it passed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from digest.charset.decode import decode
from digest.entity import Part, Tree
from digest.fields import one_line
from digest.gateways import gateways_of
from digest.plain import rough_text

_PICTURE = re.compile(r"<img\b", re.IGNORECASE)
_REMOTE = re.compile(r"<img\b[^<>]{0,2000}\bsrc\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)
_ENCRYPTED = frozenset(["multipart/encrypted", "application/pgp-encrypted"])
_RIGHTS_MANAGED = "application/x-microsoft-rpmsg-message"
_SMIME = frozenset(["application/pkcs7-mime", "application/x-pkcs7-mime"])
_TNEF = frozenset(["application/ms-tnef", "application/vnd.ms-tnef"])
_CALENDARS = frozenset(["text/calendar", "application/ics", "text/x-vcalendar"])
_MOST_NAMES = 5
_CUT_OFF = ("the last boundary is missing", "a part's header does not end")


class Blank(StrEnum):
    """The reasons, the likeliest for the reader first to be told."""

    LOST = "the message lost its body on the way"
    NO_BODY = "the message has no body"
    ENCRYPTED = "the message is encrypted"
    PIECE = "a piece of a message that was sent in pieces"
    ELSEWHERE = "the text lies elsewhere"
    WINMAIL = "the text may be inside winmail.dat"
    UNREADABLE = "the text cannot be read in any charset"
    REMOTE_PICTURES = "only pictures that lie on a server of the sender"
    PICTURES = "only pictures"
    HIDDEN = "the HTML hides its text"
    CALENDAR = "only a calendar entry"
    CUT_OFF = "the message is cut off before its text"
    ATTACHMENTS = "only attachments"
    HTML = "the HTML shows no text"
    WHITE_SPACE = "only white space"
    EMPTY = "the body is empty"


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is of a message: `html` as it came, `text` as it reads, and the attachments'
    names."""

    tree: Tree
    html: str
    text: str
    names: Sequence[str]


def why_blank(seen: Seen) -> str | None:
    """The reason why there is nothing to read; None if there is."""
    if seen.text.strip():
        return None
    reason, detail = _reason(seen)
    return one_line(f"{reason.value}: {detail}") if detail else reason.value


def _reason(seen: Seen) -> tuple[Blank, str]:
    tree = seen.tree
    if tree.root.start >= tree.root.end:
        return _gone(tree, Blank.NO_BODY)
    for test in (_by_type, _by_html, _by_parts):
        found = test(seen)
        if found is not None:
            return found
    return _nothing(seen)


def _by_type(seen: Seen) -> tuple[Blank, str] | None:
    """What the parts' types say at once."""
    tree = seen.tree
    types = {part.content_type for part in tree.parts}
    if types & _ENCRYPTED:
        return Blank.ENCRYPTED, "PGP"
    if _RIGHTS_MANAGED in types:
        return Blank.ENCRYPTED, "Microsoft rights management"
    if any(_is_enveloped(part) for part in tree.parts):
        return Blank.ENCRYPTED, "S/MIME"
    for part in tree.leaves:
        if part.content_type == "message/partial":
            return Blank.PIECE, _piece(part)
        if part.content_type == "message/external-body":
            return Blank.ELSEWHERE, _place(part)
    closed = any(part.content_type in _TNEF for part in tree.leaves)
    return (Blank.WINMAIL, "") if closed else None


def _is_enveloped(part: Part) -> bool:
    """S/MIME that hides its content (RFC 8551 §3.3)."""
    if part.opened:
        return False
    kind = part.parameters.get("smime-type", "enveloped-data").lower()
    if part.content_type in _SMIME:
        return kind not in ("signed-data", "certs-only", "compressed-data")
    return part.parameters.get("smime-type") == "enveloped-data"


def _piece(part: Part) -> str:
    """Which piece of which message (RFC 2046 §5.2.2)."""
    number, total = part.parameters.get("number", "?"), part.parameters.get("total")
    of = f" of {total[:10]}" if total else ""
    return f"part {number[:10]}{of}, id {part.parameters.get('id', 'unknown')[:200]}"


def _place(part: Part) -> str:
    """Where the content lies (RFC 2046 §5.2.3, RFC 2017)."""
    names = ("access-type", "url", "site", "directory", "name")
    return " ".join(part.parameters[name][:200] for name in names if part.parameters.get(name))


def _by_html(seen: Seen) -> tuple[Blank, str] | None:
    remote = len(_REMOTE.findall(seen.html))
    if remote:
        return Blank.REMOTE_PICTURES, str(remote)
    if _PICTURE.search(seen.html):
        return Blank.PICTURES, ""
    source = _without(_without(seen.html[:200_000], "<!--", "-->"), "<title", "</title>")
    return (Blank.HIDDEN, "") if rough_text(source).strip() else None


def _without(html: str, opening: str, closing: str) -> str:
    """HTML without what stands between two marks, or behind one that is never closed."""
    kept = []
    at = 0
    while (start := html.find(opening, at)) >= 0:
        kept.append(html[at:start])
        end = html.find(closing, start)
        at = len(html) if end < 0 else end + len(closing)
    return "".join([*kept, html[at:]])


def _by_parts(seen: Seen) -> tuple[Blank, str] | None:
    tree = seen.tree
    calendars = sum(part.content_type in _CALENDARS for part in tree.leaves)
    if calendars and calendars >= len(seen.names):
        return Blank.CALENDAR, ""
    if seen.names:
        more = len(seen.names) - _MOST_NAMES
        named = ", ".join(seen.names[:_MOST_NAMES])
        return Blank.ATTACHMENTS, f"{named} and {more} more" if more > 0 else named
    return (Blank.CUT_OFF, "") if any(said in tree.defects for said in _CUT_OFF) else None


def _nothing(seen: Seen) -> tuple[Blank, str]:
    """Text parts in which nothing stands."""
    tree = seen.tree
    contents = [tree.content(part, 4000)[0] for part in tree.leaves]
    if seen.html.strip():
        return Blank.HTML, ""
    if any(decode(content, None).text.strip() for content in contents):
        return Blank.UNREADABLE, ""
    return _gone(tree, Blank.WHITE_SPACE if any(contents) else Blank.EMPTY)


def _gone(tree: Tree, otherwise: Blank) -> tuple[Blank, str]:
    """Signs that there was a body once, and which gateways may have taken it."""
    signs = []
    fields = tree.root.fields
    length = fields.token("content-length") or fields.token("x-original-content-length")
    if length.isascii() and length.isdigit() and int(length[:12]) > 2:
        signs.append(f"its header says {int(length[:12])} octets")
    if tree.root.is_multipart and len(tree.parts) == 1:
        signs.append("its header promises parts, and there are none")
    if fields.token("x-ms-has-attach") == "yes":
        signs.append("its header promises attachments")
    gateways = gateways_of(tree.message.headers)
    if gateways:
        passed = f"it passed {', '.join(gateways[:3])}, which may have taken it"
        return (Blank.LOST if signs else otherwise), "; ".join([*signs, passed])
    return (Blank.LOST if signs else otherwise), "; ".join(signs)
