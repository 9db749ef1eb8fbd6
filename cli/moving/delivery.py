"""A message as it is handed on for delivery: our trace fields on top (RFC 5321 §4.4).

Return-Path, Received and Authentication-Results come first, and fields that claim to be our
results are left out: whoever reads the message after us would believe them (RFC 8601 §5). All
other octets stay as they are.
"""

import hashlib
from collections.abc import Iterator

from mail.message import parse_message
from mail.raw import RawMessage
from store.exports import Letter


def for_delivery(raw: RawMessage, letter: Letter) -> RawMessage:
    """The message with its trace. Held in memory as a whole."""
    content = bytearray(b"Return-Path: <" + _printed(letter.mail_from) + b">\r\n")
    content += letter.trace.received + letter.trace.authentication_results
    done = 0
    with raw.buffer() as view:
        for start, end in forged_spans(raw, letter.trace.forged):
            content += view[done:start]
            done = end
        content += view[done:]
    kept = bytes(content)
    return RawMessage(len(kept), hashlib.sha256(kept).hexdigest(), memory=kept)


def _printed(mail_from: str | None) -> bytes:
    """The reverse-path; nothing that could end the field."""
    text = (mail_from or "").encode("utf-8", "replace")
    return b"" if any(octet < 32 or octet == 127 for octet in text) else text


def forged_spans(raw: RawMessage, forged: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Where in the message the header fields with these positions stand."""
    if not forged:
        return
    message, wanted, at = parse_message(raw), set(forged), 0
    block = message.header_block
    for position, header in enumerate(message.headers):
        if not block.startswith(header.raw, at):  # lines that are no field come before it
            at = block.index(b"\n" + header.raw, at) + 1
        if position in wanted:
            yield at, at + len(header.raw)
        at += len(header.raw)
