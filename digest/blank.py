"""Why there is no text to read, in words that a person can act on."""

import re
from enum import StrEnum

from digest.mime import Tree

_PICTURE = re.compile(r"<img\b", re.IGNORECASE)
_REMOTE = re.compile(r"<img\b[^>]{0,2000}\bsrc\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)


class Blank(StrEnum):
    """The reasons, the likeliest for the reader first to be told."""

    NO_BODY = "the message has no body"
    ENCRYPTED = "the message is encrypted"
    WINMAIL = "the text may be inside winmail.dat"
    CALENDAR = "only a calendar entry"
    REMOTE_PICTURES = "only pictures that lie on a server of the sender"
    PICTURES = "only pictures"
    ATTACHMENTS = "only attachments"
    HTML = "the HTML shows no text"
    EMPTY = "the body is empty"


_ENCRYPTED = frozenset(["multipart/encrypted", "application/pgp-encrypted"])


def why_blank(tree: Tree, html: str) -> Blank:
    """The reason why a message whose text is empty shows nothing; `html` as it came."""
    types = {part.content_type for part in tree.parts}
    if tree.root.start >= tree.root.end:
        return Blank.NO_BODY
    if types & _ENCRYPTED or _is_enveloped(tree):
        return Blank.ENCRYPTED
    if types & {"application/ms-tnef", "application/vnd.ms-tnef"}:
        return Blank.WINMAIL
    if _REMOTE.search(html):
        return Blank.REMOTE_PICTURES
    if _PICTURE.search(html):
        return Blank.PICTURES
    if "text/calendar" in types:
        return Blank.CALENDAR
    leaves = [part for part in tree.leaves if part.start < part.end]
    if any(not part.content_type.startswith("text/") for part in leaves):
        return Blank.ATTACHMENTS
    return Blank.HTML if html.strip() else Blank.EMPTY


def _is_enveloped(tree: Tree) -> bool:
    """S/MIME that hides its content (RFC 8551 §3.3)."""
    return any(
        part.content_type in ("application/pkcs7-mime", "application/x-pkcs7-mime")
        and part.parameters.get("smime-type", "enveloped-data").lower() != "signed-data"
        for part in tree.parts
    )
