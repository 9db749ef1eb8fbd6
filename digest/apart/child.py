"""The process that reads mail: one message after the other, each within its limits.

It ends when its reader is gone. It also leaves by itself, having said so, before what a large
message left behind in its memory could stand in the way of the next.
"""

import contextlib
import os
import resource
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from digest.apart.frames import LONGEST_ANSWER, Frame, Gone, receive, send
from digest.apart.limits import LIFETIME, start_clock
from digest.apart.told import form_of, lineage_as_json
from digest.digest import Digest, unreadable
from digest.headline import read_headline
from mail.raw import RawMessage
from mail.reply import printable

Read = Callable[[RawMessage, str | None, Sequence[str] | None], Digest]
"""What makes a digest; it may raise, loop, or die."""

HEADLINE = "headline"
"""The kind of question that asks for the header alone."""

_MESSAGES = 5_000
_GROWTH_KB = 128 * 1024
_LONG = LIFETIME / 2
_FRAMES = 12


def serve(link: socket.socket, read: Read) -> None:
    """Answer until the other side ends."""
    with contextlib.suppress(Gone):
        _serve(link, read)


def _serve(link: socket.socket, read: Read) -> None:
    most = _memory() + _GROWTH_KB
    for number in range(1, _MESSAGES + 1):
        question = receive(link, files=1)
        try:
            answer = _answer(question, read)
        finally:
            if question.file is not None:
                os.close(question.file)
        leaving = number == _MESSAGES or _memory() > most or time.process_time() > _LONG
        send(link, Frame({**answer.head, "leaving": leaving}, answer.body, answer.more))
        if leaving:
            return


def _memory() -> int:
    """The most that this process ever used, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _answer(question: Frame, read: Read) -> Frame:
    begun = time.process_time()
    start_clock(question.head["cpu"])
    try:
        digest = _digest(question, read)
        form = form_of(digest)
        lineage = lineage_as_json(digest.lineage)
        broke, fault = None, None
        if len(form) > LONGEST_ANSWER:
            broke, form = "its digest would be too long", b""
    except MemoryError:
        broke, fault, form, lineage = "it needed too much memory", None, b"", {}
    except Exception as error:
        broke, fault, form, lineage = "it met a fault of ours", _traced(error), b"", {}
    start_clock(0)
    seconds = time.process_time() - begun
    return Frame({"seconds": seconds, "broke": broke, "fault": fault, "lineage": lineage}, form)


def _traced(error: Exception) -> str:
    """The error and where it was raised, on one line; innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{Path(one.filename).name}:{one.lineno}:{one.name}" for one in reversed(frames)]
    return printable(f"{type(error).__name__}: {error} at {' < '.join(places)}", 2000)


def _digest(question: Frame, read: Read) -> Digest:
    head = question.head
    if question.file is None:
        raw = RawMessage.in_memory(question.body, head["sha256"])
    else:
        path = Path(f"/proc/self/fd/{question.file}")
        raw = RawMessage.in_file(path, head["size"], head["sha256"])
    if head["kind"] == HEADLINE:
        return unreadable(head["why"], read_headline(raw))
    return read(raw, head["mail_from"], head["rcpt"])
