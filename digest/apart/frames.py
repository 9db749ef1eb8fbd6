"""What a reader and its child say to each other over a socket: one question, one answer.

Each is three lengths and then as many octets: a head in JSON, a body, and cargo. A small message
is the body of the question; a large one is a file whose descriptor goes with it, so that nobody
copies it. Cargo is a file or a page out of a message: it may be as large as the message, so it goes
block by block into a file of whoever asked, and is never one object there.
"""

import contextlib
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

from mail.raw import RawMessage

INLINE = 256 * 1024
"""Octets of a message that are sent; what is larger goes as a file."""

LONGEST_ANSWER = 64 * 1024 * 1024
"""Octets of a digest in JSON. Text and page are at most some MB each."""

_LENGTHS = struct.Struct(">III")


class Kind(StrEnum):
    """What is asked for."""

    FULL = "full"
    """The digest; with the envelope, `mail_from` and `rcpt`."""
    HEADLINE = "headline"
    """A digest of the header alone, of a message that broke a child: `why` says how."""
    PAGE = "page"
    """The sanitised HTML."""
    ATTACHMENT = "attachment"
    """The `n`-th attachment, decoded."""
    AS_IT_CAME = "as-it-came"
    """Subject and text without any repair."""


class Gone(Exception):
    """The other side has ended."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A head, a body, cargo, and the descriptor of a file that came along, to be closed. Cargo that
    was received lies in the file for it, not here."""

    head: dict[str, Any]
    body: bytes = b""
    cargo: bytes = b""
    file: int | None = None


def send(link: socket.socket, frame: Frame, until: float | None = None) -> None:
    """Raises Gone, and TimeoutError at `until` of the monotonic clock."""
    _wait_until(link, until)
    head = json.dumps(frame.head).encode("ascii")
    lengths = _LENGTHS.pack(len(head), len(frame.body), len(frame.cargo))
    try:
        if frame.file is not None:
            socket.send_fds(link, [lengths], [frame.file])
            lengths = b""
        link.sendall(lengths + head + frame.body)
        if frame.cargo:
            link.sendall(frame.cargo)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise Gone from error


def receive(
    link: socket.socket,
    until: float | None = None,
    *,
    files: int = 0,
    hold: IO[bytes] | None = None,
    most: int = 0,
) -> Frame:
    """The next frame, with at most so many descriptors; its cargo, of `most` octets, goes to
    `hold`. Raises Gone, TimeoutError at `until` of the monotonic clock, and OSError where `hold`
    cannot be written."""
    try:
        _wait_until(link, until)
        begun, came, _, _ = socket.recv_fds(link, _LENGTHS.size, files)
        if not begun:
            raise Gone
        lengths = _LENGTHS.unpack(begun + _exactly(link, _LENGTHS.size - len(begun), until))
        if max(lengths[:2]) > LONGEST_ANSWER or lengths[2] > (most if hold else 0):
            raise Gone
        head, body = (_exactly(link, length, until) for length in lengths[:2])
        if hold is not None:
            _pour(link, lengths[2], hold, until)
    except ConnectionResetError as error:
        raise Gone from error
    return Frame(json.loads(head), body, file=came[0] if came else None)


def _exactly(link: socket.socket, number: int, until: float | None) -> bytes:
    found = bytearray()
    while len(found) < number:
        _wait_until(link, until)
        got = link.recv(number - len(found))
        if len(got) == number:
            return got
        if not got:
            raise Gone
        found += got
    return bytes(found)


def _pour(link: socket.socket, number: int, hold: IO[bytes], until: float | None) -> None:
    with memoryview(bytearray(min(number, INLINE))) as block:
        while number:
            _wait_until(link, until)
            got = link.recv_into(block[: min(number, INLINE)])
            if not got:
                raise Gone
            hold.write(block[:got])
            number -= got


def _wait_until(link: socket.socket, until: float | None) -> None:
    if until is not None:
        link.settimeout(max(0.001, until - time.monotonic()))


@contextlib.contextmanager
def as_file(raw: RawMessage) -> Iterator[int | None]:
    """A descriptor of the message for another process; None for one that is small, and sent.

    Raises OSError where its file cannot be opened.
    """
    if raw.memory is not None and raw.size <= INLINE:
        yield None
        return
    file = _in_memory(raw.memory) if raw.memory is not None else _opened(raw)
    try:
        yield file
    finally:
        os.close(file)


def _opened(raw: RawMessage) -> int:
    with raw.open() as opened:
        return os.dup(opened.fileno())


def _in_memory(content: bytes) -> int:
    file = os.memfd_create("message")
    try:
        view, at = memoryview(content), 0
        while at < len(content):
            at += os.write(file, view[at : at + (1 << 24)])
    except BaseException:
        os.close(file)
        raise
    return file
