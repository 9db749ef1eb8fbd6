"""One message in, what is told or made of it out, whatever it does to the process that reads it."""

import logging
import os
import signal
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any, Self

from digest.apart.frames import LONGEST_ANSWER, Frame, Gone, Kind, as_file, receive, send
from digest.apart.keeper import Child, Nursery
from digest.apart.limits import Limits
from digest.apart.told import Told, read_lineage, told_of
from mail.errors import Unopened
from mail.raw import RawMessage

_LOG = logging.getLogger("postern.digest")
_KILLED = "the process that read it was killed"


class _Broke(Exception):
    """The child did not answer; `why` it is said to have, `by_itself` whether it was its doing."""

    def __init__(self, why: str, *, by_itself: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.by_itself = by_itself


class Reader:
    """Reads messages in a child that is kept warm, one at a time; for one thread.

    Whoever makes one closes it. A nursery may serve several readers.
    """

    def __init__(self, limits: Limits | None = None, nursery: Nursery | None = None) -> None:
        self._limits = limits or Limits()
        self._own = Nursery() if nursery is None else None
        self._nursery = nursery or self._own or Nursery()
        self._child: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Have the child ready. Raises NurseryProblem."""
        if self._child is None:
            self._child = self._nursery.bear(self._limits.memory)

    def close(self) -> None:
        """End the child."""
        self._bury()
        if self._own is not None:
            self._own.close()

    def read(
        self, raw: RawMessage, mail_from: str | None = None, rcpt: Sequence[str] | None = None
    ) -> Told:
        """The digest of a message, as `digest.digest.digest_message` makes it.

        A message that breaks the child is told as unreadable, with what its header says. Raises
        NurseryProblem where there can be no child, and OSError where `raw` cannot be opened.
        """
        envelope = {"mail_from": mail_from, "rcpt": rcpt and list(rcpt)}
        with as_file(raw) as file:
            try:
                return _told(self._ask_again(raw, file, {"kind": Kind.FULL, **envelope}))
            except _Broke as broke:
                why = f"our reader gave up: {broke.why}; the bytes are kept"
                _LOG.warning("event=digest-broke sha256=%s reason=%s", raw.sha256, broke.why)
                return self._read_headline(raw, file, why)

    def open(
        self, raw: RawMessage, question: Mapping[str, Any], hold: IO[bytes] | None = None
    ) -> Frame:
        """What a message holds: the answer to a question of `digest.apart.questions`, whose cargo
        goes to `hold`.

        Raises Unopened where it broke the child, NurseryProblem where there can be none, and
        OSError where `raw` cannot be opened or `hold` not be written.
        """
        with as_file(raw) as file:
            try:
                return self._ask_again(raw, file, question, hold)
            except _Broke as broke:
                words = "event=message-unopened sha256=%s what=%s reason=%s"
                _LOG.warning(words, raw.sha256, question["kind"], broke.why)
                raise Unopened(f"our reader gave up: {broke.why}") from broke

    def _ask_again(
        self,
        raw: RawMessage,
        file: int | None,
        question: Mapping[str, Any],
        hold: IO[bytes] | None = None,
    ) -> Frame:
        """With a second try where somebody else killed the child; that may be the kernel, which
        was short of memory because of this message, so there is no third."""
        limits = self._limits
        try:
            return self._ask(raw, file, question, limits.cpu, limits.wall, hold)
        except _Broke as broke:
            if broke.by_itself:
                raise
        if hold is not None:
            hold.seek(0)
            hold.truncate()
        return self._ask(raw, file, question, limits.cpu, limits.wall, hold)

    def _read_headline(self, raw: RawMessage, file: int | None, why: str) -> Told:
        question, limits = {"kind": Kind.HEADLINE, "why": why}, self._limits
        try:
            told = _told(self._ask(raw, file, question, limits.headline, limits.headline_wall))
        except _Broke:
            # Only children have the rest of this room loaded.
            from digest.digest import unreadable

            return told_of(unreadable(why), 0.0, why)
        return Told(told.form, told.lineage, told.seconds, why)

    def _ask(
        self,
        raw: RawMessage,
        file: int | None,
        question: Mapping[str, Any],
        cpu: float,
        wall: float,
        hold: IO[bytes] | None = None,
    ) -> Frame:
        """One question to the child, which must answer within `wall` seconds. Raises _Broke.

        They begin when there is a child: that a nursery has to load everything first, on a busy
        machine, is no fault of the message.
        """
        self.start()
        until = time.monotonic() + wall
        assert self._child is not None
        head = {**question, "sha256": raw.sha256, "size": raw.size, "cpu": cpu}
        body = raw.memory if file is None and raw.memory is not None else b""
        link = self._child.link
        try:
            send(link, Frame(head, body, file=file), until)
            answer = receive(link, until, hold=hold, most=raw.size + LONGEST_ANSWER)
        except TimeoutError as error:
            self._bury()
            raise _Broke(f"it needed more than {self._limits.wall:g} s") from error
        except Gone as error:
            raise self._autopsy(cpu) from error
        except BaseException:
            self._bury()  # its answer would be taken for the next message's
            raise
        return self._checked(answer)

    def _checked(self, answer: Frame) -> Frame:
        """An answer in full. Raises _Broke for another."""
        head = answer.head
        if head["leaving"]:
            self._bury()
        if head["broke"]:
            if head["fault"]:
                _LOG.error("event=digest-fault error=%s", head["fault"])
            raise _Broke(head["broke"])
        return answer

    def _autopsy(self, cpu: float) -> _Broke:
        """What the child died of."""
        status = self._bury()
        if status is None:
            return _Broke(_KILLED, by_itself=False)
        if os.WIFEXITED(status):
            return _Broke(f"its process ended with status {os.WEXITSTATUS(status)}")
        number = os.WTERMSIG(status)
        if number in (signal.SIGPROF, signal.SIGXCPU):
            return _Broke(f"it needed more than {cpu:g} s of the processor")
        by_itself = number not in (signal.SIGKILL, signal.SIGTERM)
        why = f"its process died of {signal.Signals(number).name}" if by_itself else _KILLED
        return _Broke(why, by_itself=by_itself)

    def _bury(self) -> int | None:
        child, self._child = self._child, None
        return None if child is None else self._nursery.bury(child)


def _told(answer: Frame) -> Told:
    return Told(answer.body, read_lineage(answer.head["lineage"]), answer.head["seconds"])
