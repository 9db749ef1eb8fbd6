"""Files that stand within the text of a message, as mailers sent them before and beside MIME.

uuencode, yEnc and BinHex blocks become files, clear-signed text loses its armour, and encrypted
PGP blocks become a file that somebody with the key can open. Everything else stays as it is.
"""

import re
from dataclasses import dataclass

from digest.binhex import cut_binhex
from digest.entity import File
from digest.pgp import cut_encrypted, read_through
from digest.uuencode import cut_uuencode
from digest.yenc import cut_yenc

MOST_OCTETS = 32 * 1024 * 1024
"""Octets of a text in which files are looked for."""

_BEGIN = re.compile(rb"(?m)^(?:begin(?:-base64)? [0-7]{3,4} |=ybegin )")


@dataclass(frozen=True, slots=True)
class Cut:
    """A text without the files that stood in it, the files, and what was wrong with them."""

    text: bytes
    files: tuple[File, ...]
    defects: tuple[str, ...]


def may_hold_files(text: bytes) -> bool:
    """Whether it is worth looking closer; most texts are not."""
    # One octet is found faster than a word, and most texts lack a capital of each of these.
    if b"G" in text and b"-----BEGIN PGP " in text:
        return True
    if b"H" in text and b"with BinHex" in text:
        return True
    return b"begin" in text and _BEGIN.search(text) is not None


def cut_out(text: bytes) -> Cut | None:
    """`text` without its files; None if there are none."""
    if len(text) > MOST_OCTETS:
        return None
    rest, files, defects = text, list[File](), list[str]()
    for cut in (read_through, cut_encrypted, cut_uuencode, cut_yenc, cut_binhex):
        rest, found, wrong = cut(rest)
        files += found
        defects += wrong
    return None if rest is text else Cut(rest, tuple(files), tuple(defects))
