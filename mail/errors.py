"""The tree of our exceptions, by whose fault it was.

    Problem                 one clear line for a person: what was wrong, where, what to do
    ├── MailProblem         theirs: the peer or the message broke a rule (5xx, log level info)
    ├── TryLater            nobody's yet: it cannot be decided now (4xx, warning)
    ├── HouseProblem        ours: a bug, or a part of the house that fails (451 4.3.0, error)
    │   └── StoreProblem    the store cannot do it: gone, locked, read-only, of a newer schema
    │       └── StoreFull   it has no space left (452 4.3.1)
    ├── Unopened            a message's: it cannot be read within its limits (its bytes are kept)
    ├── TooBusy             nobody's: too many ask for the same at a time (503 on the web)
    ├── OnHold              nobody's: what should be deleted is under a legal hold (409)
    └── SettingsProblem     the operator's: a wrong key, value, file or port (exit status 2)

What a DNS server or a sender did to SPF, DKIM, ARC or DMARC is never an exception: it is a
result word with a reason (`mail.report`).
"""

from mail.reply import Reply


class Problem(Exception):
    """Any failure that we foresaw; `str(problem)` is one line that may be shown to a person."""


class MailProblem(Problem):
    """The peer's or the message's fault. Carries the 5xx reply that says so."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class TryLater(Problem):
    """Cannot be decided now; the peer should try again. Carries the 4xx reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class HouseProblem(Problem):
    """Our own fault. The peer hears 451 4.3.0 and no more; the log has the rest."""


class StoreProblem(HouseProblem):
    """The store cannot do what was asked; the line says why and what to do."""


class StoreFull(StoreProblem):
    """The store has no space left. The peer hears 452 4.3.1, and may come again when there is."""


class Unopened(Problem):
    """A message did not let itself be read within the limits of the process that tried; the line
    says what happened to that process."""


class TooBusy(Problem):
    """So many wait for the same already that waiting would not help; `seconds` until it may."""

    def __init__(self, line: str, seconds: int) -> None:
        super().__init__(line)
        self.seconds = seconds


class OnHold(Problem):
    """What should be deleted is under a hold; the line says which one, and who set it."""


class SettingsProblem(Problem):
    """A setting, a file or a port is wrong; names the key or the file, and the cure."""
