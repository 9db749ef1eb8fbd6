"""Tag lists: the `name=value; name=value` form of signatures and of key records (RFC 6376 §3.2).

A list in which every part is plainly a tag with a value is split by one expression. dkimpy splits
all others, and says what is wrong. What it lets through is caught on both sides of it: control
characters before (its white space is wider than the RFC's), and names that are not tag names after.
"""

import binascii
import re

from dkim.util import DuplicateTag, InvalidTagValueList, parse_tag_value

from mail.reason import ReasonCode as Code
from mail.reason import ReasonedError
from mail.reply import printable

TagList = dict[bytes, bytes]

TAG_LIMIT = 100
"""Tags of one list; the protocols know fifteen."""

_FOLD = re.compile(rb"\r\n(?=[ \t])")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_PLAIN_TAG = re.compile(rb"(?:\A|;)[ \t]*([A-Za-z][A-Za-z0-9_]*)[ \t]*=[ \t]*([^;]*)")
_TAG_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*")
_WHITE_SPACE = b" \t\r\n"


def parse_tags(text: bytes) -> TagList:
    """The tags of a list by name, values without the white space around them.

    Folding is undone first. Names keep their case, because `D=` is not `d=`. Octets over 127 are
    let through: d=, s= and i= may have them (RFC 8616 §4). Raises ReasonedError.
    """
    unfolded = _FOLD.sub(b"", text.removesuffix(b"\r\n"))
    if control := _CONTROL.search(unfolded):
        is_line_end = control[0] in b"\r\n"
        raise ReasonedError(Code.TAGS_LINE_END if is_line_end else Code.TAGS_CONTROL)
    if unfolded.count(b";") > TAG_LIMIT:
        raise ReasonedError(Code.TAGS_TOO_MANY, TAG_LIMIT)
    return _plain_tags(unfolded) or _doubtful_tags(unfolded)


def _plain_tags(text: bytes) -> TagList | None:
    """The tags, if there are as many as parts between semicolons (the last may be empty)."""
    text = text.strip(b" \t").removesuffix(b";")
    tags = {name: value.rstrip(b" \t") for name, value in _PLAIN_TAG.findall(text)}
    return tags if len(tags) == text.count(b";") + 1 else None


def _doubtful_tags(text: bytes) -> TagList:
    try:
        tags: TagList = parse_tag_value(text)
    except DuplicateTag as error:
        raise ReasonedError(Code.TAGS_TWICE, _shown(error)) from error
    except InvalidTagValueList as error:
        raise ReasonedError(Code.TAGS_NO_VALUE, repr(_shown(error))) from error
    for name in tags:
        if _TAG_NAME.fullmatch(name) is None:
            raise ReasonedError(Code.TAGS_NAME, repr(_shown(name)))
    return tags


def _shown(part: InvalidTagValueList | bytes) -> str:
    content = part if isinstance(part, bytes) else part.args[0]
    return printable(content.strip().decode("utf-8", "replace"), 40)


def decode_base64(value: bytes) -> bytes:
    """The octets of a base64 tag value, white space ignored (RFC 6376 §3.2, base64string).

    Its grammar lets the padding be left out. Raises ValueError.
    """
    packed = value.translate(None, _WHITE_SPACE)
    try:
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4), strict_mode=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def split_list(value: bytes) -> tuple[bytes, ...]:
    """The members of a colon-separated value, without the white space around each."""
    return tuple(member.strip(_WHITE_SPACE) for member in value.split(b":"))
