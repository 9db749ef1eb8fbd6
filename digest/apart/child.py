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
from pathlib import Path

from digest.apart.frames import LONGEST_ANSWER, Frame, Gone, receive, send
from digest.apart.limits import LIFETIME, start_clock
from digest.apart.questions import Read, Said
from mail.raw import RawMessage
from mail.reply import printable

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
        send(link, Frame({**answer.head, "leaving": leaving}, answer.body, answer.cargo))
        if leaving:
            return


def _memory() -> int:
    """The most that this process ever used, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _answer(question: Frame, read: Read) -> Frame:
    begun = time.process_time()
    broke, fault, said = None, None, Said()
    start_clock(question.head["cpu"])
    try:
        said = read(_raw(question), question.head)
        if len(said.body) > LONGEST_ANSWER:
            broke, said = "its digest would be too long", Said()
    except MemoryError:
        broke = "it needed too much memory"
    except Exception as error:
        broke, fault = "it met a fault of ours", _traced(error)
    start_clock(0)
    costs = {"seconds": time.process_time() - begun, "broke": broke, "fault": fault}
    return Frame({**said.head, **costs}, said.body, said.cargo)


def _traced(error: Exception) -> str:
    """The error and where it was raised, on one line; innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{Path(one.filename).name}:{one.lineno}:{one.name}" for one in reversed(frames)]
    return printable(f"{type(error).__name__}: {error} at {' < '.join(places)}", 2000)


def _raw(question: Frame) -> RawMessage:
    head = question.head
    if question.file is None:
        return RawMessage.in_memory(question.body, head["sha256"])
    path = Path(f"/proc/self/fd/{question.file}")
    return RawMessage.in_file(path, head["size"], head["sha256"])
