"""The content of one message on its way in: kept, or read on without keeping it, and why."""

import errno
import logging

from mail.errors import TryLater
from mail.raw import RawMessage
from mail.reply import Reply
from mail.verdict import Verdict
from mta.data import NewlineWatch
from mta.settings import SmtpSettings
from mta.spool import Spool
from mta.transfer import TransferRate
from mta.verdicts import BARE_NEWLINES, HOUSE_PROBLEM, NO_SPACE, too_large
from mta.wire import BLOCK

log = logging.getLogger("postern.mta")


class Intake:
    """`add` all of the content, `finish`, and `close` when the message is settled.

    `refusal` says why the message is not taken, as soon as that is known; what is added after
    that is dropped. `rate` judges how fast it comes. `binary` content (RFC 3030 BINARYMIME) may
    have any newlines.
    """

    __slots__ = ("_incoming", "_limit", "_open", "_spool", "_watch", "rate", "refusal")

    def __init__(self, settings: SmtpSettings, spool: Spool, *, binary: bool) -> None:
        """Raises TryLater 452 4.3.1 where there is no memory for another message now."""
        if not spool.budget.take(BLOCK):
            raise TryLater(Reply(452, "4.3.1", "Too much mail at once, try again later"))
        self._spool = spool
        self._incoming = spool.incoming()
        self._limit = settings.max_message_bytes
        strict = settings.bare_newlines == "refuse" and not binary
        self._watch = NewlineWatch() if strict else None
        self._open = True
        self.refusal: Verdict | None = None
        self.rate = TransferRate(settings)

    @property
    def size(self) -> int:
        """Octets that were kept."""
        return self._incoming.size

    def add(self, content: bytes) -> None:
        """More of the content."""
        if self.refusal is None:
            self.refusal = self._keep(content)

    def _keep(self, content: bytes) -> Verdict | None:
        if self.size + len(content) > self._limit:
            return too_large(self._limit)
        if self._watch is not None and self._watch.saw_alone(content):
            return BARE_NEWLINES
        try:
            self._incoming.write(content)
        except OSError as error:
            return _spool_failed(error)
        return None

    def refuse_size(self) -> None:
        """More was announced than will be read."""
        self.refusal = self.refusal or too_large(self._limit)

    def finish(self) -> RawMessage | None:
        """All of it as a message; None if there is a refusal."""
        if self.refusal is None and self._watch is not None and self._watch.ends_with_cr:
            self.refusal = BARE_NEWLINES
        if self.refusal is not None:
            return None
        try:
            return self._incoming.finish()
        except OSError as error:
            self.refusal = _spool_failed(error)
            return None

    def close(self) -> None:
        """Give memory and file back. May be called twice."""
        self._incoming.close()
        if self._open:
            self._spool.budget.give_back(BLOCK)
            self._open = False


def _spool_failed(error: OSError) -> Verdict:
    """A full disk has its own reply; everything else is our fault, and no business of others."""
    log.error("spool event=failed reason=%s", error.strerror)
    return NO_SPACE if error.errno in (errno.ENOSPC, errno.EDQUOT) else HOUSE_PROBLEM
