"""The parts of a message (RFC 2045 to 2049), whatever the message is.

`read_tree` walks the delimiter lines (`digest.walk`) and then opens what is wrapped once more
(`digest.unwrap`): S/MIME, winmail.dat, files within the text. It never raises, and what was
guessed, mended or left alone is a defect.
"""

from digest.charset.effort import bounded
from digest.entity import Part, Tree
from digest.fields import Fields
from digest.unwrap import unwrapped
from digest.walk import MAX_DEPTH, MAX_PARTS, ragged_body, walk
from mail.message import Defect, Message, parse_message
from mail.raw import RawMessage

__all__ = ["MAX_DEPTH", "MAX_PARTS", "Part", "Tree", "read_tree"]

_RAGGED = frozenset([Defect.NO_BODY_SEPARATOR, Defect.LINE_WITHOUT_COLON])


def read_tree(raw: RawMessage, buffer: memoryview) -> Tree:
    """Find all parts of a message; `buffer` is `raw`'s own and must outlive the tree."""
    message = parse_message(raw)
    start, defects = _body_start(message)
    with bounded():
        found = walk(Fields.of(message), start, buffer)
        defects = (*defects, *found.defects) if defects else found.defects
        return unwrapped(Tree(message, found.parts, defects, buffer))


def _body_start(message: Message) -> tuple[int, tuple[str, ...]]:
    """Where the text begins; some mailers forget the empty line before it."""
    if message.headers and message.defects & _RAGGED:
        ragged = ragged_body(message.header_block)
        if ragged:
            return ragged, ("no empty line between the header and the text",)
    return message.body_start, ()
