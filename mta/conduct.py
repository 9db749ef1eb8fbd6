"""How a client behaves in one session: its errors and its idle talk, and what follows from them.

Everything here is forgiven when a message is accepted: who brings mail may also make mistakes.
"""

from mail.reply import Reply
from mta.limits import TOO_FAULTY
from mta.meters import Meters
from mta.rates import Allowance, Kind
from mta.settings import SmtpSettings

IDLE_VERBS = frozenset(("NOOP", "RSET", "VRFY", "EXPN", "HELP", "HELO", "EHLO"))
"""What brings no mail forward, however often it is said."""

FIRST_DELAY = 0.1
"""Seconds of a tarpit's first delay; each further one is twice as long."""

TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, closing the connection")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Too many commands without a message")
TOO_MUCH_TALK = Reply(421, "4.7.0", "Too many commands that bring no mail")


class Conduct:
    """Counts for one session; `allowance` is what the client's network may do in a minute.

    `in_tarpit` says whether errors delay the answers to it.
    """

    __slots__ = (
        "_allowance",
        "_commands",
        "_errors",
        "_idle",
        "_in_tarpit",
        "_is_new_error",
        "_meters",
        "_network_is_faulty",
        "_settings",
    )

    def __init__(
        self,
        settings: SmtpSettings,
        meters: Meters,
        allowance: Allowance | None,
        *,
        in_tarpit: bool,
    ) -> None:
        self._settings = settings
        self._meters = meters
        self._allowance = allowance
        self._in_tarpit = in_tarpit
        self._network_is_faulty = self._is_new_error = False
        self._errors = self._commands = self._idle = 0

    def command(self) -> Reply | None:
        """A line has come: count it. The reply, where it is one too many and ends the session."""
        self._commands += 1
        settings = self._settings
        if self._errors >= settings.max_errors:
            return self._end("errors", TOO_MANY_ERRORS)
        if self._network_is_faulty:
            return self._end("error-rate", TOO_FAULTY)
        if self._commands > settings.max_commands:
            return self._end("commands", TOO_MANY_COMMANDS)
        if self._idle > settings.max_idle_commands:
            return self._end("idle-commands", TOO_MUCH_TALK)
        return None

    def _end(self, limit: str, reply: Reply) -> Reply:
        self._meters.limit(limit)
        return reply

    def verb(self, verb: str) -> None:
        """What the command is."""
        self._meters.verb(verb)
        if verb in IDLE_VERBS:
            self._idle += 1

    def error(self) -> None:
        """It was answered 5xx."""
        self._errors += 1
        self._is_new_error = True
        self._meters.errors.value += 1
        self.refusal()

    def refusal(self) -> None:
        """Something was refused for good: the client's network has one less to spare."""
        if self._allowance is not None and not self._allowance.take(Kind.ERRORS):
            self._network_is_faulty = True

    def delay(self) -> float:
        """Seconds by which the answer to the last command is to be delayed: the more errors came
        before it, the longer. What was no error is answered at once."""
        if not self._is_new_error:
            return 0.0
        self._is_new_error = False
        beyond = self._errors - self._settings.tarpit_after
        if beyond < 0 or not self._in_tarpit:
            return 0.0
        seconds = min(FIRST_DELAY * (1 << min(beyond, 20)), self._settings.tarpit_seconds)
        self._meters.tarpit.value += seconds
        return seconds

    def forgive(self) -> None:
        """A message was accepted."""
        self._errors = self._commands = self._idle = 0
