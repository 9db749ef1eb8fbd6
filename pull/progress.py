"""How far a visit is: filled by the visit, looked at by whoever made it, at any time."""

from dataclasses import dataclass, field

from pull.ledger import Ledger
from pull.status import Failure, Key, Status


@dataclass(slots=True)
class Progress:
    """`done` of `total` messages are dealt with, failed ones included. `failures` are all that
    are known, of earlier visits too. `ledger` is made at the end."""

    done: int = 0
    total: int = 0
    ledger: Ledger | None = None
    failures: dict[Key, Failure] = field(default_factory=dict)

    def noted_in(self, status: Status) -> Status:
        """`status` with this progress."""
        return status.with_progress(self.done, self.total, self.failures.values(), self.ledger)
