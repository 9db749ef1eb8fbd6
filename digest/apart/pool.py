"""A few readers that many threads share: how the console opens mail.

Whoever opens a message waits until one of the readers is free, and no longer than is worth it: more
than some threads do not even wait, so that mail that takes its time to be read never holds up what
else the server is asked. The first one who opens something has the nursery started; until then
there is none.
"""

import contextlib
import io
import json
import logging
import queue
import tempfile
import threading
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from digest.apart.frames import Frame, Kind
from digest.apart.keeper import Nursery, NurseryProblem
from digest.apart.limits import ATTENDED, Limits
from digest.apart.reader import Reader
from digest.confirmation import proved
from mail.errors import TooBusy
from mail.raw import RawMessage
from mail.reply import printable

_LOG = logging.getLogger("postern.digest")

READERS = 2
"""Children at most: one that takes its time does not hold up all others."""

WAITING = 8
"""Threads that may wait for a reader; a server that has forty keeps most for other things."""

PATIENCE = 10.0
"""Seconds that each of them waits at most."""

AGAIN = 5
"""Seconds after which who was sent away should come again."""

_IN_MEMORY = 1024 * 1024
"""Octets of a file or a page that are kept in memory; what is larger lies in a nameless file."""


class Content:
    """Octets out of a message, to be read once, block by block; they are gone with this value."""

    def __init__(self, folder: Path | None) -> None:
        where = None if folder is None else str(folder)
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=where)  # noqa: SIM115
        weakref.finalize(self, self.file.close)

    @property
    def size(self) -> int:
        """Their number."""
        return self.file.seek(0, io.SEEK_END)

    def blocks(self, size: int) -> Iterator[bytes]:
        """All of them, in pieces of at most so many."""
        with self.file:
            self.file.seek(0)
            while block := self.file.read(size):
                yield block


@dataclass(frozen=True, slots=True)
class Opened:
    """One decoded attachment. `name` is safe for file systems; `content_type` is what the sender
    called it."""

    name: str
    content_type: str
    content: Content


class Pool:
    """Opens messages for any number of threads. `folder` is where large files lie while they are
    handed on; it is made where it is missing.

    All that it gives raises Unopened for a message that breaks its reader, and TooBusy where no
    reader can be had.
    """

    def __init__(
        self,
        folder: Path | None = None,
        limits: Limits = ATTENDED,
        nursery: Nursery | None = None,
        readers: int = READERS,
        waiting: int = WAITING,
        patience: float = PATIENCE,
    ) -> None:
        self._folder = folder
        self._patience = patience
        self._nursery = nursery or Nursery()
        self._readers = [Reader(limits, self._nursery) for _ in range(readers)]
        # The last one that was used is the next: the others need no child until there is a crowd.
        self._free: queue.LifoQueue[Reader] = queue.LifoQueue()
        for reader in self._readers:
            self._free.put(reader)
        self._places = threading.BoundedSemaphore(readers + waiting)
        self._beginning: threading.Thread | None = None

    def close(self) -> None:
        """End all processes."""
        if self._beginning is not None:
            self._beginning.join()
        for reader in self._readers:
            reader.close()
        self._nursery.close()

    def prepare(self) -> None:
        """Somebody may soon open something: have a reader ready, without waiting for it."""
        if self._beginning is None:
            self._beginning = threading.Thread(target=self._begin, name="readers", daemon=True)
            self._beginning.start()

    def attachment(self, raw: RawMessage, n: int) -> Opened | None:
        """The n-th attachment in the order of the digest's list, counted from 0; None past it."""
        found, content = self._open(raw, {"kind": Kind.ATTACHMENT, "n": n})
        if not found["found"]:
            return None
        return Opened(found["name"], found["content_type"], content)

    def html_page(self, raw: RawMessage) -> Content | None:
        """The message's HTML as a complete page in UTF-8 that loads nothing; None if it has no
        HTML."""
        found, content = self._open(raw, {"kind": Kind.PAGE})
        return content if found["found"] else None

    def as_it_came(self, raw: RawMessage) -> tuple[str, str]:
        """Subject and readable body without any repair of what was garbled on its way."""
        with self._reader() as reader:
            subject, text = json.loads(reader.open(raw, {"kind": Kind.AS_IT_CAME}).body)
        return subject, text

    def digest(
        self,
        raw: RawMessage,
        mail_from: str | None,
        rcpt: Sequence[str] | None,
        authenticated: Collection[str] = (),
    ) -> dict[str, Any]:
        """What the worker would store, a confirmation only where one of the domains that signed
        (`authenticated`) proves it. Of a message that cannot be read, what its header says, with
        the word `unreadable`: it is never Unopened."""
        with self._reader() as reader:
            told = reader.read(raw, mail_from, rcpt)
        return proved(told.as_json(), authenticated)

    def _open(self, raw: RawMessage, question: Mapping[str, Any]) -> tuple[dict[str, Any], Content]:
        if self._folder is not None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        content = Content(self._folder)
        with self._reader() as reader:
            answer: Frame = reader.open(raw, question, content.file)
        return answer.head, content

    @contextlib.contextmanager
    def _reader(self) -> Iterator[Reader]:
        """A reader of one's own for a while."""
        if not self._places.acquire(blocking=False):
            raise TooBusy("too many messages are being opened", AGAIN)
        try:
            reader = self._waited_for()
            try:
                yield reader
            except (NurseryProblem, OSError) as error:
                _LOG.error("event=cannot-open-mail reason=%s", printable(str(error)))
                raise TooBusy("no process can be had to read mail in", AGAIN) from error
            finally:
                self._free.put(reader)
        finally:
            self._places.release()

    def _waited_for(self) -> Reader:
        try:
            return self._free.get(timeout=self._patience)
        except queue.Empty:
            raise TooBusy("the messages that are being opened take their time", AGAIN) from None

    def _begin(self) -> None:
        with contextlib.suppress(TooBusy), self._reader() as reader:
            reader.start()
