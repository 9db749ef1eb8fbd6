"""What went wrong with a server, told apart by what may be done about it at once.

StoreProblem
├── Conflict       two transactions stood in each other's way, or the connection was lost
│                  before COMMIT: nothing was written, and the same may succeed now
├── Unreachable    no server takes our transactions now: for anybody, whatever they hold
└── Unconfirmed    COMMIT was sent, and nobody says whether it lasts: it must not be called
                   saved, and must not be tried again by ourselves
"""

from mail.errors import StoreProblem


class Conflict(StoreProblem):
    """Nothing was written; the same transaction may succeed if it is tried again."""


class Unreachable(StoreProblem):
    """Nothing was written, and nothing will be until the server is there again."""


class Unconfirmed(StoreProblem):
    """It may have been written, and it may be lost again."""
