"""PGP within a text (RFC 9580 §6 and §7): clear-signed text is read, encrypted blocks are not.

No signature is checked here; the armour is cut off so that what was signed can be read.
"""

import re

from digest.entity import File

_SIGNED = re.compile(
    rb"(?m)^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\r?\n"
    rb"(?:[A-Za-z]{1,20}: ?[^\r\n]{0,200}\r?\n){0,20}"
)
_SIGNATURE = re.compile(rb"(?m)^-----BEGIN PGP SIGNATURE-----[ \t]*\r?$")
_SIGNATURE_END = re.compile(rb"(?m)^-----END PGP SIGNATURE-----[ \t]*(?:\r?\n|\Z)")
_DASHED = re.compile(rb"(?m)^- (?=-|From )")
_MESSAGE = re.compile(rb"(?m)^-----BEGIN PGP MESSAGE(?:, PART [0-9/]{1,9})?-----[ \t]*\r?$")
_MESSAGE_END = re.compile(
    rb"(?m)^-----END PGP MESSAGE(?:, PART [0-9/]{1,9})?-----[ \t]*(?:\r?\n|\Z)"
)
_MOST = 100


def read_through(text: bytes) -> tuple[bytes, list[File], list[str]]:
    """`text` with clear-signed passages as their writers wrote them (RFC 9580 §7.2)."""
    kept: list[bytes] = []
    done = 0
    for begin in _SIGNED.finditer(text):
        if begin.start() < done or len(kept) > 3 * _MOST:
            continue
        signature = _SIGNATURE.search(text, begin.end())
        stop = signature.start() if signature else len(text)
        signed = text[begin.end() : stop]
        signed = signed.removeprefix(b"\r\n").removeprefix(b"\n")
        kept += (text[done : begin.start()], _DASHED.sub(b"", signed))
        end = _SIGNATURE_END.search(text, stop)
        done = end.end() if end else len(text)
    return (b"".join([*kept, text[done:]]) if kept else text), [], []


def cut_encrypted(text: bytes) -> tuple[bytes, list[File], list[str]]:
    """`text` without its encrypted blocks, which come out as files."""
    kept: list[bytes] = []
    files: list[File] = []
    done = 0
    for begin in _MESSAGE.finditer(text):
        if begin.start() < done or len(files) >= _MOST:
            continue
        end = _MESSAGE_END.search(text, begin.end())
        after = end.end() if end else len(text)
        files.append(File("message.asc", "application/pgp-encrypted", text[begin.start() : after]))
        kept.append(text[done : begin.start()])
        done = after
    return (b"".join([*kept, text[done:]]) if files else text), files, []
