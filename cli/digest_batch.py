"""Requests in, one a line; answers out, one a line, in their order: `postern digest --batch`.

A thread reads the requests, a few others have them answered, each by a process of its own, and the
one that called writes. What is under way is bounded, so that a run may last for ever.
"""

import base64
import binascii
import json
import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, BinaryIO, TextIO

from digest.apart.keeper import Nursery
from digest.apart.limits import Limits
from digest.apart.reader import Reader
from mail.errors import Problem
from mail.raw import RawMessage
from mail.reply import printable

_LOG = logging.getLogger("postern.cli")

_AHEAD = 3
"""Requests for each reader that are read before their turn."""

_OCTETS_AHEAD = 32 * 1024 * 1024
"""So long may all these lines be together, or one alone."""


_LONGEST_REQUEST = 256 * 1024 * 1024


def answer_batch(
    requests: BinaryIO, answers: TextIO, readers: int, limits: Limits | None = None
) -> None:
    """Until the requests end. Each answer is flushed, so that a program may talk with us line by
    line. Raises BrokenPipeError where nobody reads them."""
    with ExitStack() as stack:
        nursery = Nursery()
        stack.callback(nursery.close)
        batch = _Batch(readers, nursery, limits)
        stack.callback(batch.close)
        threading.Thread(target=batch.feed, args=(requests,), daemon=True).start()
        while (answer := batch.next()) is not None:
            answers.write(answer)
            answers.flush()


class _Batch:
    """Requests under way."""

    def __init__(self, readers: int, nursery: Nursery, limits: Limits | None) -> None:
        self._free: queue.SimpleQueue[Reader] = queue.SimpleQueue()
        self._readers = [Reader(limits, nursery) for _ in range(readers)]
        for reader in self._readers:
            reader.start()
            self._free.put(reader)
        self._threads = ThreadPoolExecutor(readers)
        self._waiting: queue.Queue[tuple[int, Future[str]] | None] = queue.Queue(readers * _AHEAD)
        self._room = threading.Condition()
        self._octets = 0

    def feed(self, requests: BinaryIO) -> None:
        """Read the requests to their end."""
        try:
            for line in _lines(requests):
                self._take(line)
        except RuntimeError:  # it is all over: the pool takes nothing more
            return
        except (OSError, ValueError) as error:
            _LOG.warning("event=requests-broke-off reason=%s", error)
        self._waiting.put(None)

    def next(self) -> str | None:
        """The next answer; None after the last."""
        waiting = self._waiting.get()
        if waiting is None:
            return None
        size, future = waiting
        answer = future.result()
        with self._room:
            self._octets -= size
            self._room.notify()
        return answer

    def close(self) -> None:
        """What has begun is finished, and nothing more."""
        self._threads.shutdown(cancel_futures=True)
        for reader in self._readers:
            reader.close()

    def _take(self, line: bytes) -> None:
        size = len(line)
        with self._room:
            self._room.wait_for(lambda: not self._octets or self._octets + size <= _OCTETS_AHEAD)
            self._octets += size
        self._waiting.put((size, self._threads.submit(self._answer, line)))

    def _answer(self, line: bytes) -> str:
        reader = self._free.get()
        try:
            return _answered(line, reader)
        finally:
            self._free.put(reader)


def _lines(requests: BinaryIO) -> Iterator[bytes]:
    """Every line with something on it; of one that is too long, its beginning."""
    while line := requests.readline(_LONGEST_REQUEST):
        if len(line) == _LONGEST_REQUEST:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = requests.readline(_LONGEST_REQUEST)
            yield line[:_OCTETS_AHEAD]
        elif line.strip():
            yield line


def _answered(line: bytes, reader: Reader) -> str:
    """The answer to one line, whatever it is."""
    identifier = "null"
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise ValueError("a request is a JSON object")
        identifier = json.dumps(request.get("id"), allow_nan=False)  # strict readers take no NaN
        said = reader.read(*_read(request)).form.decode("ascii")
        return f'{{"id": {identifier}, {said[1:]}\n'
    except (ValueError, RecursionError, Problem) as error:
        problem = printable(str(error), 500)
    except Exception:
        _LOG.exception("request failed")
        problem = "it broke here for a reason of ours"
    return f'{{"id": {identifier}, "error": {json.dumps(problem)}}}\n'


def _read(request: dict[str, Any]) -> tuple[RawMessage, str | None, Sequence[str] | None]:
    """Raises ValueError for what is not a request."""
    mail_from, rcpt = request.get("mail_from"), request.get("rcpt")
    if not isinstance(mail_from, str | None):
        raise ValueError("mail_from must be a text or null")
    if rcpt is not None and not (
        isinstance(rcpt, list) and all(isinstance(one, str) for one in rcpt)
    ):
        raise ValueError("rcpt must be a list of texts or null")
    message = request.get("message_b64")
    if not isinstance(message, str):
        raise ValueError("message_b64 must be a text")
    try:
        content = base64.b64decode("".join(message.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"message_b64 is not base64: {error}") from error
    return RawMessage.in_memory(content), mail_from, rcpt
