"""A nursery whose children do what the message's subject asks for: what a bug of ours would do.

Only tests start it; nothing in the program reads such a subject.
"""

import ctypes
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from digest.apart import nursery
from digest.apart.frames import Kind
from digest.apart.questions import Said, answer
from mail.raw import RawMessage


def main() -> None:
    nursery.main(_read)


def _read(raw: RawMessage, question: Mapping[str, Any]) -> Said:
    if question["kind"] != Kind.HEADLINE:
        _misbehave(raw)
    return answer(raw, question)


def _misbehave(raw: RawMessage) -> None:
    subject = raw.read().partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
    match subject:
        case "loop":
            while True:
                pass
        case "sleep":
            time.sleep(60)
        case "hog":
            _hold = bytearray(1 << 40)
        case "creep":
            pile = []
            while True:
                pile.append(bytes(1 << 24))
        case "crash":
            ctypes.string_at(0)
        case "abort":
            os.abort()
        case "leave":
            os._exit(3)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "fault":
            raise ValueError("a fault of ours")
        case "write":
            with Path(f"/tmp/reader-{os.getpid()}").open("wb") as file:
                file.write(b"x" * 10_000)
