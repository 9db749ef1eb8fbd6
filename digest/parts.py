"""What can be had of a message's inside beside its digest: one attachment, the page, or the text
without any repair.

Nobody calls these in a process of ours: `digest.apart` does, in one that has nothing to lose.
"""

from dataclasses import dataclass

from digest.attachments import html_of, html_source, name_of
from digest.body import Reader, lay_out
from digest.digest import digest_message
from digest.hints import charset_hints
from digest.mime import read_tree
from digest.page import SHELL
from mail.raw import RawMessage

PICTURES_IN_PAGE = 25 * 1024 * 1024
"""Octets of pictures that are put into a page as `data:`."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment's decoded octets. `name` is safe for file systems; `content_type` is what
    the sender called it."""

    name: str
    content_type: str
    content: bytes


def attachment(raw: RawMessage, n: int) -> Attachment | None:
    """The attachment at that place in the digest's list, counted from 0; None past its end."""
    with raw.buffer() as buffer:
        tree = read_tree(raw, buffer)
        parts = lay_out(tree).attachments
        if not 0 <= n < len(parts):
            return None
        part = parts[n]
        return Attachment(name_of(tree, part, n + 1), part.content_type, tree.content(part)[0])


def html_page(raw: RawMessage) -> str | None:
    """The message's HTML as a complete page that loads nothing; None if it has no HTML."""
    with raw.buffer() as buffer:
        tree = read_tree(raw, buffer)
        reader = Reader(tree, charset_hints(tree))
        source = html_source(lay_out(tree), reader)
        html = html_of(tree, source, reader, PICTURES_IN_PAGE)
        return None if html is None else SHELL.format(html)


def as_it_came(raw: RawMessage) -> tuple[str, str]:
    """Subject and readable body without any repair of what was garbled on its way."""
    found = digest_message(raw, None, None, repair=False)
    return found.subject or "", found.text
